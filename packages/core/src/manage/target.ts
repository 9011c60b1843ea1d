import type { Identifier } from "../identifier.ts";
import type { KeyTypeName } from "../spec.ts";

/** An issued certificate as a target receives it. */
export interface DeployableCertificate {
  /** Its name in the store. */
  readonly name: string;
  readonly identifiers: readonly Identifier[];
  readonly generation: number;
  readonly leafPem: string;
  /** Intermediates, leaf excluded. */
  readonly chainPem: string;
  readonly keyPem: string;
  readonly notAfter: Date;
  /** SHA-256 of the leaf's DER, lower-case hex. */
  readonly fingerprint256: string;
}

/** What is known of a certificate before it is issued. */
export interface WantedCertificate extends Pick<DeployableCertificate, "name" | "identifiers"> {
  readonly keyType: KeyTypeName;
}

/** What a target did. Only `served` means that clients get the certificate now. */
export interface DeployOutcome {
  readonly action: "updated" | "added" | "unchanged" | "stored";
  /** Whether the target proved that the certificate is being served. */
  readonly served: boolean;
  /** One line for people. */
  readonly detail?: string;
  /** Why only a reload or restart would make it served. */
  readonly reloadNeeded?: string;
  readonly warnings?: readonly string[];
  /** Deployed, but some part of the target is still to come: when to deploy again. Milliseconds since 1970. */
  readonly retryAt?: number;
}

/** Somewhere a certificate goes after it was issued. `deploy` MUST be safe to repeat. */
export interface DeployTarget {
  /** As written in the configuration: `haproxy:/run/haproxy/admin.sock`. */
  readonly id: string;
  deploy(certificate: DeployableCertificate, context: DeployContext): Promise<DeployOutcome>;
  /**
   * Says what `deploy` would do with such a certificate, and throws what it would throw, as far as that can be told without
   * changing anything. Left out where nothing can.
   */
  foresee?(certificate: WantedCertificate, context: Pick<DeployContext, "now" | "signal">): Promise<string>;
}

export interface DeployContext {
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Tells a step as it happens. */
  readonly step: (step: string, detail?: string) => void;
}
