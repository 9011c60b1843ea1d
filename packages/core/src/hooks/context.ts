/** The version of {@link HookContext}. It grows by new keys; a key that is there keeps its meaning. */
export const hookContextVersion = 1;

/** When a hook runs. */
export type HookEvent = "pre" | "deploy" | "post";

/**
 * What a hook is told, as JSON on its standard input and in the file `CERTWRIGHT_HOOK_CONTEXT`. It holds no secret: keys
 * are named by their files. Times are ISO 8601 in UTC.
 */
export interface HookContext {
  readonly event: HookEvent;
  /** `run`: once for all certificates of a run; `certificate`: for the one described. */
  readonly scope: "run" | "certificate";
  /** With scope `certificate`. */
  readonly certificate?: HookCertificate;
  /** `pre`: why it is ordered. */
  readonly reason?: string;
  /** `deploy`; `post` after success. */
  readonly issued?: HookIssued;
  /** `post` after a failure. */
  readonly error?: { readonly code: string; readonly message: string };
  /** `post` with scope `run`: names of the certificates that were issued, with their domains. */
  readonly renewed?: readonly HookNames[];
  /** `post` with scope `run`: those that failed. */
  readonly failed?: readonly HookNames[];
}

export interface HookNames {
  readonly name: string;
  readonly domains: readonly string[];
}

/** The certificate a hook is about. */
export interface HookCertificate extends HookNames {
  readonly keyType?: string;
  readonly profile?: string;
  /** The CA's directory URL. */
  readonly server?: string;
  readonly account?: string;
  readonly email?: string;
}

/** A certificate that was issued. */
export interface HookIssued {
  readonly generation: number;
  readonly notAfter: string;
  /** SHA-256 of the leaf, lower-case hex. */
  readonly fingerprint256: string;
  /** `deploy`: its files. They are there while the hook runs; copy what is to stay. */
  readonly files?: HookFiles;
}

/** Absolute paths of PEM files, readable by the user running certwright alone. */
export interface HookFiles {
  /** The directory they are in, laid out as certbot does it. */
  readonly directory: string;
  /** The certificate alone. */
  readonly certificate: string;
  /** Intermediates. */
  readonly chain: string;
  /** Certificate and intermediates. */
  readonly fullchain: string;
  readonly key: string;
  /** Certificate, intermediates and key in one, as HAProxy reads it. */
  readonly combined: string;
}

/** The JSON text. */
export function encodeContext(context: HookContext): string {
  return `${JSON.stringify({ version: hookContextVersion, ...context }, undefined, 2)}\n`;
}
