/** What this package tells while it works on one node. None of it is ever a secret. */
export type HaproxyEvent =
  /** Another client is in the way: `behind` is the certificate of its transaction; absent when only a lock is held. */
  | { readonly type: "waiting"; readonly node: string; readonly certificate: string; readonly behind?: string }
  /** Somebody's transaction stood open and untouched for too long and was aborted. */
  | {
      readonly type: "foreign-transaction-aborted";
      readonly node: string;
      readonly certificate: string;
      readonly openForMs: number;
    }
  /** A file now has its new content. */
  | { readonly type: "written"; readonly node: string; readonly path: string }
  /** A file has its former content again. */
  | { readonly type: "restored"; readonly node: string; readonly path: string }
  /** HAProxy replaced the certificate, in `instances` places where that is known. */
  | { readonly type: "committed"; readonly node: string; readonly certificate: string; readonly instances?: number }
  /** The certificate was attached to a list. */
  | { readonly type: "attached"; readonly node: string; readonly certificate: string; readonly list: string }
  /** HAProxy was reloaded for it, which only a Data Plane API is asked for. */
  | { readonly type: "reloaded"; readonly node: string; readonly certificate: string }
  /** A new connection shows the new certificate in the current worker. */
  | { readonly type: "verified"; readonly node: string; readonly certificate: string; readonly pid: number }
  /** A TLS handshake showed the new certificate. */
  | { readonly type: "handshake"; readonly node: string; readonly address: string; readonly sni: string }
  /** Clients could not connect any more, so the former certificate is in memory again. */
  | { readonly type: "put-back"; readonly node: string; readonly certificate: string }
  /** Everything starts again because of a failure that trying again can mend. */
  | { readonly type: "retrying"; readonly node: string; readonly certificate: string; readonly reason: string };

/** Receives every event, in order. MUST NOT throw. */
export type Emit = (event: HaproxyEvent) => void;
