import type { Solver, Task } from "@certwright/core";
import type { Effect, Journal } from "@certwright/core/store";
import { openAgent } from "./node-agent/agent-session.ts";
import { type Settings, settingsOf } from "./push/settings.ts";
import type { Connect } from "./runtime/connect.ts";
import { addMapEntry, deleteMapEntry } from "./runtime/map.ts";
import { type Node, parseNode, writeNode } from "./runtime/node.ts";

/** Where HAProxy itself answers http-01. */
export interface HaproxyHttpOptions {
  /** Every node the CA may reach: each must know the answer, since none of us chooses which one is asked. */
  readonly nodes: readonly Node[];
  /** The map as the configuration names it: `virt@acme` (3.0 and later), or the path of a map file. */
  readonly map: string;
  readonly journal: Pick<Journal, "record" | "done">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Opens streams to nodes. Default: over unix sockets and TCP, with keys that are in files. */
  readonly connect?: Connect;
}

/**
 * Meets http-01 by an entry in a map of every node: token to key authorization. HAProxy needs one rule that returns the
 * map's value under `/.well-known/acme-challenge/`; `docs/guide/http-01.md` has it. A node agent has a map of its own.
 */
export function createHaproxyHttpSolver({ nodes, map, journal, now, ...means }: HaproxyHttpOptions): Solver {
  const effects = new Map<string, readonly Effect[]>();
  const open = (node: Node, signal: AbortSignal) => openAnswers(node, map, settingsOf(node, { ...means, signal, now }));

  const presentAt = async (node: Node, tasks: readonly Task[], signal: AbortSignal): Promise<void> => {
    await using answers = await open(node, signal);
    for (const task of tasks) await answers.add(task);
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
          where: writeNode(node),
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
          const here = mine.filter(({ where }) => where === writeNode(node));
          if (here.length === 0) return;
          await using answers = await open(node, signal);
          for (const effect of here) await answers.delete(effect);
          journal.done(here.map(({ id }) => id));
        }),
      );
      for (const { id } of tasks) effects.delete(id);
      const failed = undone.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
    undo: async (effect, signal) => {
      if (effect.kind !== "haproxy-map" || effect.zone !== map) return false;
      await using answers = await open(parseNode(effect.where), signal);
      await answers.delete(effect);
      return true;
    },
  };
}

/** What one node answers. */
interface Answers extends AsyncDisposable {
  add(task: Task): Promise<void>;
  delete(effect: Pick<Effect, "name" | "certificate">): Promise<void>;
}

async function openAnswers(node: Node, map: string, settings: Settings): Promise<Answers> {
  if (node.kind === "agent") {
    const session = await openAgent(node, settings);
    return {
      add: ({ identifier: { value: name }, token, keyAuthorization }) =>
        session.answer({ name, token, thumbprint: keyAuthorization.slice(token.length + 1) }),
      delete: ({ name: token, certificate: name }) => session.withdraw({ name, token }),
      [Symbol.asyncDispose]: async () => session.close(),
    };
  }
  const session = await settings.open();
  return {
    add: ({ token, keyAuthorization }) => addMapEntry(session, map, token, keyAuthorization),
    delete: ({ name: token }) => deleteMapEntry(session, map, token),
    [Symbol.asyncDispose]: async () => session.close(),
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
