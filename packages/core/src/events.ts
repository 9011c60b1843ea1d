import type { ChallengeType, Identifier } from "./identifier.ts";

/** One TXT value somebody waits for, or sets, or removes. */
export interface TxtEventRecord {
  /** Where it is written: the end of the alias chain, whole name. */
  readonly name: string;
  readonly value: string;
  readonly zone: string;
  /** The provider instance that writes it. */
  readonly provider: string;
}

/** What one name server said when asked for one value. */
export interface ServerState {
  /** `ns1.example.net (192.0.2.1:53)` or `192.0.2.1:53`. */
  readonly server: string;
  /** `seen`, `absent`, `other` (values), or why there is no answer: `timeout`, `servfail`, `refused`, `lame`, ... */
  readonly state: string;
  readonly detail: string;
}

/**
 * Everything the engine tells while it works. Libraries never print: whoever called renders these.
 * `certificate` is the certificate's name in the store. Values are plain JSON; none is ever a secret.
 */
export type CertwrightEvent =
  | { readonly type: "run.started"; readonly certificates: readonly string[] }
  | {
      readonly type: "certificate.started";
      readonly certificate: string;
      readonly identifiers: readonly string[];
      readonly ca: string;
      readonly reason: string;
    }
  | {
      readonly type: "certificate.skipped";
      readonly certificate: string;
      readonly reason: string;
      readonly next?: string;
    }
  | {
      readonly type: "acme.request";
      readonly method: string;
      readonly url: string;
      readonly status: number;
      readonly ms: number;
    }
  | { readonly type: "acme.waiting"; readonly certificate?: string; readonly reason: string; readonly seconds: number }
  | { readonly type: "account.created" | "account.found"; readonly ca: string; readonly account: string }
  | {
      readonly type: "order.created" | "order.resumed";
      readonly certificate: string;
      readonly order: string;
      readonly status: string;
    }
  | {
      readonly type: "authorization.valid";
      readonly certificate: string;
      readonly identifier: Identifier;
      readonly reused: boolean;
    }
  | {
      readonly type: "challenge.chosen";
      readonly certificate: string;
      readonly identifier: Identifier;
      readonly challenge: ChallengeType;
      readonly solver: string;
    }
  | {
      readonly type: "challenge.presented";
      readonly certificate: string;
      readonly identifier: Identifier;
      readonly challenge: ChallengeType;
      readonly solver: string;
    }
  | {
      readonly type: "challenge.answered";
      readonly certificate: string;
      readonly identifier: Identifier;
      readonly challenge: ChallengeType;
    }
  | {
      readonly type: "challenge.failed";
      readonly certificate: string;
      readonly identifier: Identifier;
      readonly challenge: ChallengeType;
      readonly solver: string;
      readonly code: string;
      readonly message: string;
      readonly next?: string;
    }
  | { readonly type: "dns.alias"; readonly name: string; readonly target: string; readonly chain: readonly string[] }
  | { readonly type: "dns.aliasIgnored"; readonly name: string; readonly reason: string }
  | { readonly type: "txt.adding" | "txt.added" | "txt.removed"; readonly records: readonly TxtEventRecord[] }
  | {
      readonly type: "txt.leftOver";
      readonly records: readonly TxtEventRecord[];
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly type: "propagation.waiting";
      readonly name: string;
      readonly value: string;
      readonly servers: readonly ServerState[];
      readonly elapsedMs: number;
    }
  | { readonly type: "propagation.seen"; readonly name: string; readonly value: string; readonly elapsedMs: number }
  | { readonly type: "order.ready" | "order.finalized"; readonly certificate: string; readonly order: string }
  | {
      readonly type: "certificate.downloaded";
      readonly certificate: string;
      readonly issuer: string;
      readonly chain: number;
    }
  | {
      readonly type: "certificate.stored";
      readonly certificate: string;
      readonly generation: number;
      readonly notAfter: string;
      readonly serial: string;
      readonly path?: string;
    }
  | { readonly type: "deploy.started"; readonly certificate: string; readonly target: string }
  | {
      readonly type: "deploy.step";
      readonly certificate: string;
      readonly target: string;
      readonly step: string;
      readonly detail?: string;
    }
  | {
      readonly type: "deploy.finished";
      readonly certificate: string;
      readonly target: string;
      readonly action: string;
      readonly detail?: string;
    }
  | {
      readonly type: "deploy.failed";
      readonly certificate: string;
      readonly target: string;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
    }
  | { readonly type: "certificate.revoked"; readonly certificate: string; readonly reason: string }
  | {
      readonly type: "warning";
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly certificate?: string;
    }
  | {
      readonly type: "certificate.failed";
      readonly certificate: string;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
    }
  | { readonly type: "service.listening"; readonly address: string }
  | { readonly type: "agent.listening"; readonly address: string; readonly node: string }
  | {
      readonly type: "run.finished";
      readonly issued: number;
      readonly skipped: number;
      readonly failed: number;
      readonly notDeployed: number;
    };

/** Receives every event, in order. MUST NOT throw. */
export type Emit = (event: CertwrightEvent) => void;
