import type { AcmeRow } from "@certwright/haproxy";
import { relativeTime } from "../certificate-state.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { haproxyNodeFlags } from "../declarations/haproxy.ts";
import { exitCodes } from "../exit-code.ts";
import { askNodes, failureOf } from "../haproxy-nodes.ts";
import { table } from "../reporter/table.ts";

/** `acme status` of every node. */
export async function run(invocation: Invocation<typeof haproxyNodeFlags>): Promise<CommandResult> {
  const answers = await askNodes(invocation, (acme) => acme.status());
  const now = invocation.context.now();
  const rows = answers.flatMap(({ node, ...rest }) =>
    "answer" in rest ? rest.answer.map((row) => ({ node: node.id, row })) : [],
  );
  const failures = answers.flatMap(({ node, ...rest }) => ("error" in rest ? [failureOf(node, rest.error)] : []));
  const shown = rows.map(({ node, row }) => [
    node,
    row.certificate,
    row.section,
    stateOf(row),
    row.expires === undefined
      ? ""
      : `${row.expires.toISOString().slice(0, 10)} ${relativeTime(row.expires.getTime(), now)}`,
    row.scheduled === undefined ? "" : row.scheduled.toISOString().replace(/:\d\d\.\d+Z$/, "Z"),
  ]);
  return {
    exitCode: failures.length > 0 || rows.some(({ row }) => row.overdue) ? exitCodes.failed : exitCodes.done,
    result: {
      certificates: rows.map(({ node, row }) => ({
        node,
        ...row,
        expires: row.expires?.toISOString(),
        scheduled: row.scheduled?.toISOString(),
      })),
      failures: failures.map(({ json }) => json),
    },
    lines: [
      ...(rows.length === 0 && failures.length === 0
        ? ["no certificate that HAProxy obtains by itself"]
        : rows.length === 0
          ? []
          : table([["NODE", "CERTIFICATE", "SECTION", "STATE", "ENDS", "NEXT ORDER"], ...shown])),
      ...failures.map(({ line }) => line),
    ],
  };
}

function stateOf({ state, overdue }: AcmeRow): string {
  return overdue ? "failed or due" : state.toLowerCase();
}
