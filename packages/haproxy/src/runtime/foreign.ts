import { HaproxyError } from "../errors.ts";
import type { Emit } from "../events.ts";
import { stillLocked } from "./locked.ts";
import type { Patience } from "./patience.ts";
import { abortCertificate, showTransaction } from "./runtime.ts";
import type { Session } from "./session.ts";

/** In the way, for now: a lock, somebody's transaction, or (`lost`) our own transaction ended by somebody. */
export type InTheWay =
  | { readonly kind: "locked" }
  | { readonly kind: "occupied"; readonly by: string }
  | { readonly kind: "lost" };

/** Keeps an eye on somebody else's transaction while we wait for the slot. */
export interface ForeignWatch {
  /** Called after each try; aborts a transaction that has stood untouched for too long. */
  look(result: InTheWay): Promise<void>;
  /** The error for when patience ends. */
  blocked(result: InTheWay): HaproxyError;
}

// Looking takes a lock others want, so not at every try.
const lookEvery = 200;

interface Sighting {
  readonly name: string;
  readonly content: string;
  readonly since: number;
}

/** Begins to watch on behalf of a push of `certificate`. */
export function watchForeign(
  session: Session,
  certificate: string,
  { emit, patience }: { readonly emit: Emit; readonly patience: Patience },
): ForeignWatch {
  const node = session.node.id;
  let seen: Sighting | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let told: string | undefined;

  return {
    async look(result) {
      const behind = result.kind === "occupied" ? result.by : undefined;
      if (result.kind !== "lost" && told !== (behind ?? "")) {
        told = behind ?? "";
        emit({ type: "waiting", node, certificate, ...(behind === undefined ? {} : { behind }) });
      }
      const now = performance.now();
      if (behind === undefined || now - lookedAt < lookEvery) return;
      lookedAt = now;
      const open = await showTransaction(session, behind);
      if ("kind" in open) {
        // Gone, or locked and not to be seen now; the latter says nothing about how long it has stood.
        if (open.kind !== "locked") seen = undefined;
        return;
      }
      const content = `${open.serial} ${open.sha1}`;
      if (seen?.name !== behind || seen.content !== content) seen = { name: behind, content, since: now };
      const openForMs = Math.round(now - seen.since);
      if (openForMs < patience.staleAfter) return;
      const aborted = await abortCertificate(session, behind);
      if (aborted.kind === "aborted")
        emit({ type: "foreign-transaction-aborted", node, certificate: behind, openForMs });
      seen = undefined;
    },
    blocked(result) {
      const seconds = patience.busyTimeout / 1000;
      if (result.kind === "occupied") {
        return new HaproxyError(
          "HAPROXY_TRANSACTION_OPEN",
          `A transaction for ${result.by} is open in ${node} and was not ended within ${seconds} s.`,
          {
            node,
            certificate,
            retryable: true,
            hint: `Whoever opened it should commit or abort it; "abort ssl cert ${result.by}" on the socket ends it.`,
          },
        );
      }
      return stillLocked(session, patience, certificate);
    },
  };
}
