import { readdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { checkHaproxy } from "@certwright/haproxy";
import { findingLines } from "../check-up.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { haproxyCheckFlags } from "../declarations/haproxy-check.ts";
import { exitCodes } from "../exit-code.ts";
import { openNodeAccess, usualNode } from "../haproxy-nodes.ts";
import { readMapping } from "../path-mapping.ts";
import { countOf } from "../reporter/words.ts";

const usualFile = "/etc/haproxy/haproxy.cfg";

/** What will work with a HAProxy, and what will not. */
export async function run(invocation: Invocation<typeof haproxyCheckFlags>): Promise<CommandResult> {
  const { flags, context } = invocation;
  const address = flags.node ?? usualNode;
  const { nodeOf, connect } = await openNodeAccess([address], invocation);
  const files = flags.configFile.map((file) => resolve(context.cwd, file));
  const findings = await checkHaproxy({
    node: nodeOf(address),
    connect,
    ...(files.length > 0 ? { files } : {}),
    usualFile,
    map: flags.map.map(readMapping),
    ...(flags.base === undefined ? {} : { base: resolve(context.cwd, flags.base) }),
    env: context.env,
    readConfig,
    now: context.now,
    signal: context.stopper.signal,
  });
  const severities = ["error", "warning", "note"];
  const count = (severity: string) => findings.filter((each) => each.severity === severity).length;
  return {
    exitCode: count("error") > 0 ? exitCodes.failed : exitCodes.done,
    result: { findings },
    lines: [
      ...findings.flatMap((each) => {
        const [first = "", ...rest] = findingLines(each);
        return [`${each.subject}: ${first}`, ...rest];
      }),
      findings.length === 0
        ? "nothing found"
        : severities.map((severity) => countOf(count(severity), severity)).join(", "),
    ],
  };
}

async function readConfig(path: string) {
  if (!(await stat(path)).isDirectory()) return [{ file: path, text: await readFile(path, "utf8") }];
  const names = (await readdir(path)).filter((name) => name.endsWith(".cfg") && !name.startsWith(".")).sort();
  return await Promise.all(
    names.map(async (name) => ({ file: join(path, name), text: await readFile(join(path, name), "utf8") })),
  );
}
