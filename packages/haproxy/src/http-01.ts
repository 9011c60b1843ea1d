import type { Solver, Task } from "@certwright/core";
import type { Effect, Journal } from "@certwright/core/store";
import { settingsOf } from "./push/settings.ts";
import { addMapEntry, deleteMapEntry } from "./runtime/map.ts";
import { type Node, parseNode } from "./runtime/node.ts";
import { noRuntimeApi } from "./runtime/session.ts";

/** Where HAProxy itself answers http-01. */
export interface HaproxyHttpOptions {
  /** Every node the CA may reach: each must know the answer, since none of us chooses which one is asked. */
  readonly nodes: readonly Node[];
  /** The map as the configuration names it: `virt@acme` (3.0 and later), or the path of a map file. */
  readonly map: string;
  readonly journal: Pick<Journal, "record" | "done">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Meets http-01 by an entry in a map of every node: token to key authorization. HAProxy needs one rule that returns the
 * map's value under `/.well-known/acme-challenge/`; `docs/guide/http-01.md` has it.
 *
 * @throws HaproxyError HAPROXY_AGENT_ONLY
 */
export function createHaproxyHttpSolver({ nodes, map, journal, now }: HaproxyHttpOptions): Solver {
  // Said before an order is placed.
  const agent = nodes.find(({ kind }) => kind === "agent");
  if (agent !== undefined) throw noRuntimeApi(agent);
  const effects = new Map<string, readonly Effect[]>();
  const open = (node: Node, signal: AbortSignal) => settingsOf(node, { signal, now }).open();

  const presentAt = async (node: Node, tasks: readonly Task[], signal: AbortSignal): Promise<void> => {
    const session = await open(node, signal);
    try {
      for (const { token, keyAuthorization } of tasks) await addMapEntry(session, map, token, keyAuthorization);
    } finally {
      session.close();
    }
  };

  return {
    type: "http-01",
    label: `http-01 (map ${map} of ${nodes.length === 1 ? nodes[0]?.id : `${nodes.length} HAProxy nodes`})`,
    solves: (_identifier, wildcard) => !wildcard,
    present: async (tasks, signal) => {
      const wanted = tasks.flatMap((task) => nodes.map((node) => ({ task, node })));
      const recorded = await journal.record(
        wanted.map(({ task, node }) => ({
          kind: "haproxy-map" as const,
          where: node.id,
          zone: map,
          name: task.token,
          value: task.keyAuthorization,
          certificate: task.identifier.value,
        })),
        now(),
      );
      for (const task of tasks)
        effects.set(
          task.id,
          recorded.filter(({ name }) => name === task.token),
        );
      // All of them end before one failure is told: what is undone then must not race with what is still being added.
      const added = await Promise.allSettled(nodes.map((node) => presentAt(node, tasks, signal)));
      const failed = added.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
      return [];
    },
    cleanUp: async (tasks, signal) => {
      const mine = tasks.flatMap(({ id }) => effects.get(id) ?? []);
      const undone = await Promise.allSettled(
        nodes.map(async (node) => {
          const here = mine.filter(({ where }) => where === node.id);
          if (here.length === 0) return;
          const session = await open(node, signal);
          try {
            for (const { name } of here) await deleteMapEntry(session, map, name);
          } finally {
            session.close();
          }
          journal.done(here.map(({ id }) => id));
        }),
      );
      for (const { id } of tasks) effects.delete(id);
      const failed = undone.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
    undo: async ({ kind, where, zone, name }, signal) => {
      if (kind !== "haproxy-map" || zone !== map) return false;
      const session = await open(nodes.find(({ id }) => id === where) ?? parseNode(where), signal);
      try {
        await deleteMapEntry(session, map, name);
      } finally {
        session.close();
      }
      return true;
    },
  };
}

/**
 * Meets http-01 with nothing to do: HAProxy answers every token by itself, from the account's thumbprint in its
 * configuration (the key authorization is `token.thumbprint`, RFC 8555 section 8.1).
 */
export function createStatelessHttpSolver(): Solver {
  return {
    type: "http-01",
    label: "http-01 (HAProxy answers from the account's thumbprint)",
    solves: (_identifier, wildcard) => !wildcard,
    present: async () => [],
    cleanUp: async () => undefined,
  };
}
