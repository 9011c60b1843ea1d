import type { PemPair } from "../certificate/pem.ts";
import type { DiskOptions } from "../disk/files.ts";
import type { AddRequest } from "./discover.ts";
import type { HandshakePoint } from "./handshake.ts";

/** A certificate for one node. */
export interface PushRequest {
  readonly pem: PemPair;
  /** Name in HAProxy. Default: the certificate there that has these names. */
  readonly certificate?: string;
  /**
   * Where to attach it: a certificate named by `certificate`, when it is not attached there yet; without a name, a
   * new one when HAProxy has none for these names.
   */
  readonly add?: AddRequest;
  /** Where HAProxy's files are on this machine; `false` writes none. Default: where HAProxy says. */
  readonly disk?: DiskOptions | false;
  readonly verify?: {
    /** TLS handshakes that must show the certificate. Default: none, HAProxy's own word counts. */
    readonly handshake?: readonly HandshakePoint[];
  };
  /** Replace a certificate even if the new one lacks names of it. Default: false. */
  readonly allowFewerNames?: boolean;
}

/** What a push did. */
export interface PushResult {
  readonly node: string;
  /** Name in HAProxy. */
  readonly name: string;
  /** `reload-needed`: HAProxy cannot take it at run time, and it is not live. */
  readonly action: "updated" | "added" | "unchanged" | "reload-needed";
  /** How many uses of the certificate HAProxy rebuilt. */
  readonly instances: number;
  /** True when this HAProxy serves the certificate now, as far as it and the handshakes asked for can tell. */
  readonly served: boolean;
  /** Upper-case hex without leading zeros. */
  readonly serial: string;
  /** Lower-case hex. */
  readonly fingerprint256: string;
  /** The worker that holds it. */
  readonly pid: number;
  /** HAProxy's version. */
  readonly version: string;
  /** Files that were written. */
  readonly files: readonly string[];
  /** Why only a change of the configuration and a reload can make it live. */
  readonly reloadNeeded?: string;
  /** Sentences for people. */
  readonly warnings: readonly string[];
}
