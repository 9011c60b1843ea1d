import type { DnsSpec, World } from "@certwright/core";
import { createResolver, parseServer } from "@certwright/dns";
import type { Surroundings } from "./command.ts";

/** The world of the engine, out of that of the command. */
export function createWorld(
  { context, emit }: Pick<Surroundings, "context" | "emit">,
  { resolvers }: Pick<DnsSpec, "resolvers">,
): World {
  const { signal } = context.stopper;
  return {
    now: context.now,
    sleep: context.sleep,
    random: context.random,
    signal,
    emit,
    resolver: createResolver({
      fetch: context.fetch,
      // Not the run's signal: clean-up looks names up, too. Each look-up of the run brings the signal along.
      ...(resolvers === undefined || resolvers.length === 0
        ? {}
        : { servers: resolvers.map((server) => parseServer(server)) }),
    }),
  };
}
