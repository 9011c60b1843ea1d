import type { DnsBinding } from "../issue/dns-place.ts";
import type { CaAccess } from "../issue/open-ca.ts";
import type { Solver } from "../issue/solver.ts";
import type { CaSpec, CertificateSpec, ChallengeSpec } from "../spec.ts";
import type { Journal } from "../store/journal.ts";
import type { Limit } from "../store/limits.ts";
import type { Store } from "../store/store.ts";
import type { World } from "../world.ts";
import type { DeployTarget } from "./target.ts";

/**
 * What only the program on top can make, because it needs packages, files, the environment or a person. Each function is
 * asked once for each distinct thing in a run; certificates share what it made.
 */
export interface Parts {
  caAccess(ca: CaSpec): Promise<CaAccess>;
  /** For dns-* challenges: the provider, with its options read. */
  dnsBinding(challenge: ChallengeSpec): Promise<DnsBinding>;
  /** For http-01 and tls-alpn-01. `world` is that of the certificate, with the resolvers it uses. */
  solver(challenge: ChallengeSpec, journal: Journal, world: World): Promise<Solver>;
  target(id: string): Promise<DeployTarget>;
  /** A file the configuration names, such as a CSR. */
  readFile(path: string): Promise<Uint8Array>;
  /** The CA to try names at first where this one could not validate them; undefined: none. */
  stagingOf?(ca: CaSpec): CaSpec | undefined;
  /** Limits the configuration states for a CA; undefined: those it publishes, where they are known. */
  limits?(directoryUrl: string): readonly Limit[] | undefined;
}

/** Told around orders: what runs programs before and after, say. Deploy hooks are targets. */
export interface OrderHooks {
  /** Before an order. Where it throws, the certificate is not ordered; `after` is called all the same. */
  before(spec: CertificateSpec, reason: string): Promise<void>;
  /** After the attempt, whether it succeeded or not. Never throws. */
  after(
    spec: CertificateSpec,
    attempt:
      | {
          readonly ok: true;
          readonly issued: { readonly generation: number; readonly notAfter: string; readonly fingerprint256: string };
        }
      | { readonly ok: false; readonly error: Error },
  ): Promise<void>;
  /** After the last certificate. Never throws; the failures of all hooks that ran after orders. */
  finish(): Promise<readonly Error[]>;
}

/** What every step of a run works with. */
export interface Run {
  readonly store: Store;
  readonly journal: Journal;
  readonly parts: Parts;
  readonly world: World;
  readonly hooks?: OrderHooks;
}
