import { isIP } from "node:net";
import { HaproxyError } from "../errors.ts";
import { settingsOf } from "../push/settings.ts";
import { addMapEntry, deleteMapEntry } from "../runtime/map.ts";
import { refuseNames } from "./allow-list.ts";
import { refusedBy } from "./answer.ts";
import type { AnswerAsk, WithdrawAsk } from "./ask.ts";
import type { Client } from "./client.ts";
import type { ClientLimits } from "./conversation.ts";
import { createLog } from "./log.ts";
import type { Office } from "./office.ts";

/** The answers to http-01 that clients of an agent had put into its HAProxy's map. */
export interface HttpAnswers {
  /** Puts them in, or takes them out. Each gets its answer; nothing is thrown. */
  carryOut(asks: readonly (AnswerAsk | WithdrawAsk)[], client: Client): Promise<void>;
  /** Takes out all that are left. */
  close(): Promise<void>;
}

const againAfter = 60_000;
const mostStanding = 10_000;
const closing = 5_000;

/**
 * What is in the map is served to whoever asks, and proves the name it is asked under. So it stands under that name, and
 * a client that may have `example.com` proves nothing about the other sites of its HAProxy.
 */
export function createHttpAnswers(
  office: Pick<Office, "node" | "allow" | "context" | "emit">,
  life: ClientLimits["answers"],
): HttpAnswers {
  const { node, allow, context } = office;
  /** Those without a timer are being put in. */
  const standing = new Map<string, NodeJS.Timeout | undefined>();

  const withMap = async (signal: AbortSignal, act: Act): Promise<void> => {
    const session = await settingsOf(node, { ...context, signal }).open();
    try {
      await act(session);
    } finally {
      session.close();
    }
  };
  const forget = (key: string) => {
    clearTimeout(standing.get(key));
    standing.delete(key);
  };
  const remember = (key: string, after: number) => {
    clearTimeout(standing.get(key));
    standing.set(key, setTimeout(() => void expire(key), after).unref());
  };
  const putIn = async (key: string, value: string, map: string) => {
    standing.set(key, standing.get(key));
    try {
      await withMap(context.signal, (session) => addMapEntry(session, map, key, value));
    } finally {
      // It may be there even if nobody heard so; and its life begins now, lest it end before it has begun.
      remember(key, life);
    }
  };
  const takeOut = async (key: string, map: string, signal: AbortSignal) => {
    await withMap(signal, (session) => deleteMapEntry(session, map, key));
    forget(key);
  };
  const expire = async (key: string) => {
    try {
      await takeOut(key, mapOf(allow), context.signal);
    } catch {
      // A HAProxy that is away comes back without it; one that is busy is asked again.
      if (standing.has(key)) remember(key, againAfter);
    }
  };

  return {
    async carryOut(asks, { label, tell }) {
      const log = createLog(label, office);
      for (const ask of asks) {
        const { op, id, name, token } = ask;
        try {
          const map = mapOf(allow);
          refuseNames([name], allow);
          const key = keyOf(name, token);
          if (op === "answer" && standing.size >= mostStanding && !standing.has(key)) throw tooMany();
          if (op === "answer") {
            await putIn(key, `${token}.${ask.thumbprint}`, map);
            log.answered(name);
          } else {
            await takeOut(key, map, context.signal);
          }
          tell({ say: "well", id });
        } catch (error) {
          log.notAnswered(name, error);
          tell({ say: "refused", id, error: refusedBy(error) });
        }
      }
    },
    async close() {
      const left = [...standing.keys()];
      left.forEach(forget);
      if (left.length === 0) return;
      // One that is away has nothing to take out.
      await withMap(AbortSignal.timeout(closing), async (session) => {
        for (const key of left) await deleteMapEntry(session, mapOf(allow), key);
      }).catch(() => {});
    },
  };
}

type Act = (session: Parameters<typeof addMapEntry>[0]) => Promise<void>;

/** What HAProxy's `base` is when a CA asks: host and path. */
function keyOf(name: string, token: string): string {
  return `${isIP(name) === 6 ? `[${name}]` : name}/.well-known/acme-challenge/${token}`;
}

function mapOf({ httpMap }: Office["allow"]): string {
  if (httpMap !== undefined) return httpMap;
  throw new HaproxyError("HAPROXY_AGENT_HTTP", "The node agent answers no http-01 challenges.", {
    hint: "On the node, --http-map names the map of HAProxy they go into.",
  });
}

function tooMany(): HaproxyError {
  return new HaproxyError("HAPROXY_AGENT_BUSY", `The node agent answers ${mostStanding} challenges already.`, {
    retryable: true,
    hint: "Those nobody withdraws are gone after a while.",
  });
}
