import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { type Emit, type Run, undoEffect } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import { parseServer } from "@certwright/dns";
import { loadAcmeConfig, type Node, parseNode, runAgent } from "@certwright/haproxy";
import type { CommandResult, Invocation } from "../command.ts";
import { openConfig } from "../config/open-config.ts";
import type { haproxyAgentFlags } from "../declarations/haproxy.ts";
import { propagationMode } from "../dns-watch.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { dnsChallengeSpecs, dnsSpec } from "../issue-spec.ts";
import { createMemo } from "../memo.ts";
import { readMapping } from "../path-mapping.ts";
import { openRun } from "../run-setup.ts";
import { openState } from "../state/open-state.ts";

type Flags = Invocation<typeof haproxyAgentFlags>["flags"];

/** Stands by one HAProxy until it is stopped. */
export async function run(invocation: Invocation<typeof haproxyAgentFlags>): Promise<CommandResult> {
  const { flags, context } = invocation;
  const node = masterOf(flags, context.cwd);
  const ways = dnsChallengeSpecs(flags, context.cwd);
  const places = {
    map: flags.map.map(readMapping),
    ...(flags.base === undefined ? {} : { base: resolve(context.cwd, flags.base) }),
  };
  const files = flags.configFile.length > 0 ? flags.configFile : ["/etc/haproxy/haproxy.cfg"];
  const source = {
    ...places,
    files: files.map((file) => resolve(context.cwd, file)),
    env: context.env,
    readFile: (path: string) => readFile(path, "utf8"),
  };
  const named = createMemo<Awaited<ReturnType<typeof openNamed>>>();
  const openNamed = async (
    settings: Parameters<typeof import("../parts/acme-vars-binding.ts").openAcmeVarsBinding>[0],
  ) => (await import("../parts/acme-vars-binding.ts")).openAcmeVarsBinding(settings, invocation);
  // The configuration is wrong now or never: later it may be in the middle of an edit.
  await loadAcmeConfig(source);
  const dns = dnsSpec(flags);
  const config = await openConfig(invocation);
  const engine = await openRun(invocation, { store: await openState(invocation, config), dns, acceptTerms: false });
  try {
    // Two agents of one HAProxy would take each other's records away. Its socket is on this machine, the state may be many's.
    // One that was killed a moment ago is waited for, so that its successor need not be started twice.
    const claim = `haproxy agent ${hostname()} ${node.id}`;
    await using alone = await engine.store.lease(claim, { signal: engine.world.signal, whileUnsure: true });
    const bindings = async ({ provider, vars }: { readonly provider?: string; readonly vars?: string }) =>
      ways.length > 0
        ? await Promise.all(ways.map((way) => engine.parts.dnsBinding(way)))
        : [
            await named(JSON.stringify([provider, vars]), () =>
              openNamed({ ...(provider === undefined ? {} : { provider }), ...(vars === undefined ? {} : { vars }) }),
            ),
          ];
    // Credentials that are wrong are told at once, not at the first order in two months.
    if (ways.length > 0) await bindings({});
    await using told = await openTelling(config, invocation, engine, node);
    await runAgent({
      node,
      world: { ...engine.world, emit: told.emit, signal: AbortSignal.any([engine.world.signal, alone.lost]) },
      journal: engine.journal,
      solving: {
        followAlias: flags.followAlias,
        aliases: {},
        propagation: propagationMode(flags.propagation),
        ...(flags.propagation?.mode === "check" && flags.propagation.seconds !== undefined
          ? { patience: flags.propagation.seconds }
          : {}),
        ...(flags.dnsNameservers.length === 0
          ? {}
          : { nameservers: flags.dnsNameservers.map((server) => parseServer(server)) }),
      },
      bindings,
      config: () => loadAcmeConfig(source),
      places,
      undoOther: (effect) => undoEffect(effect, [], engine),
    });
    // Not the end anybody asked for: whoever supervises it has to start it again.
    if (!engine.world.signal.aborted) alone.lost.throwIfAborted();
  } finally {
    await engine.journal.close();
  }
  return { exitCode: exitCodes.done, result: { node: node.id }, lines: ["stopped"] };
}

function masterOf({ master = "/run/haproxy-master.sock" }: Flags, cwd: string): Extract<Node, { kind: "master" }> {
  const node = parseNode(`master:${resolve(cwd, master.replace(/^master[:@]/, ""))}`);
  if (node.kind !== "master") throw usageError(`${master} is not a master socket`, "Give the path HAProxy got by -S.");
  return node;
}

/** Milliseconds to deliver what is still to be told at the end. */
const lastWords = 10_000;

/** Tells events to those the configuration names, besides telling them here. */
async function openTelling(
  config: Config | undefined,
  invocation: Invocation<typeof haproxyAgentFlags>,
  { store, world }: Run,
  node: Node,
): Promise<AsyncDisposable & { readonly emit: Emit }> {
  if (config === undefined) return { emit: world.emit, [Symbol.asyncDispose]: async () => {} };
  const [{ openNotifier }, { resultOfEvent }] = await Promise.all([
    import("../notify/open-notifier.ts"),
    import("../notify/agent-news.ts"),
  ]);
  const ending = new AbortController();
  const notifier = openNotifier(() => config, store, invocation, ending.signal, false);
  return {
    emit: (event) => {
      world.emit(event);
      const result = resultOfEvent(event, node.id);
      if (result !== undefined) notifier.add(result);
    },
    [Symbol.asyncDispose]: async () => {
      const timer = setTimeout(() => ending.abort(new Error("the agent ends")), lastWords);
      await notifier.settled();
      clearTimeout(timer);
    },
  };
}
