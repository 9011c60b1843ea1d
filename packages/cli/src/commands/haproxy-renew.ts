import type { OwnAcme } from "@certwright/haproxy";
import type { CommandResult, Invocation } from "../command.ts";
import type { haproxyNodeFlags } from "../declarations/haproxy.ts";
import { exitCodes } from "../exit-code.ts";
import { askNodes, failureOf } from "../haproxy-nodes.ts";
import { explain } from "../reporter/explain.ts";
import { table } from "../reporter/table.ts";

type Outcome = "begun" | "running already" | "not there" | "failed";

/** `acme renew` on every node that has the certificates. */
export async function run(invocation: Invocation<typeof haproxyNodeFlags>): Promise<CommandResult> {
  const { args } = invocation;
  const answers = await askNodes(invocation, async (acme) => {
    const outcomes = [];
    for (const certificate of args) outcomes.push({ certificate, ...(await renewAt(acme, certificate)) });
    return outcomes;
  });
  const rows = answers.flatMap(({ node, ...rest }) =>
    "answer" in rest ? rest.answer.map((outcome) => ({ node: node.id, ...outcome })) : [],
  );
  const failures = answers.flatMap(({ node, ...rest }) => ("error" in rest ? [failureOf(node, rest.error)] : []));
  const begun = (certificate: string) =>
    rows.some(
      (row) => row.certificate === certificate && (row.outcome === "begun" || row.outcome === "running already"),
    );
  const isWell = failures.length === 0 && args.every(begun) && !rows.some(({ outcome }) => outcome === "failed");
  return {
    exitCode: isWell ? exitCodes.done : exitCodes.failed,
    result: { certificates: rows, failures: failures.map(({ json }) => json) },
    lines: [
      ...(rows.length === 0
        ? []
        : table([
            ["NODE", "CERTIFICATE", "ORDER"],
            ...rows.map(({ node, certificate, outcome, message = "" }) => [
              node,
              certificate,
              message === "" ? outcome : `${outcome}: ${message}`,
            ]),
          ])),
      ...failures.map(({ line }) => line),
    ],
  };
}

async function renewAt(acme: OwnAcme, certificate: string): Promise<{ outcome: Outcome; message?: string }> {
  try {
    return { outcome: (await acme.renew(certificate)) ? "begun" : "running already" };
  } catch (error) {
    const { code, message } = explain(error);
    // One node of a fleet may well not have it; only that none has it is a failure.
    if (code === "HAPROXY_CERTIFICATE_UNKNOWN") return { outcome: "not there" };
    return { outcome: "failed", message: `${code}: ${message}` };
  }
}
