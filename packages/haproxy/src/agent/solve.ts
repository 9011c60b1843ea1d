import { createDnsSolver, type DnsBinding, type DnsSolverOptions, type Task } from "@certwright/core";
import { HaproxyError } from "../errors.ts";
import type { Deploy } from "./ring-message.ts";

/** How records are set and waited for. */
export type Solving = Pick<
  DnsSolverOptions,
  "journal" | "world" | "followAlias" | "aliases" | "propagation" | "patience" | "nameservers"
>;

/** Records that are set. */
export interface Presented {
  /** Resolves when every server shows every value. @throws what a server said, or that time is over */
  visible(): Promise<void>;
  /** Removes them under a deadline of its own. Never rejects: what stays is in the journal, and told. */
  cleanUp(): Promise<void>;
}

/** Milliseconds clean-up may take, whatever happened before. */
const cleanUpDeadline = 60_000;

/**
 * Sets all records an order asks for, each noted before it is made.
 *
 * @param label what the journal keeps them under
 * @throws what the provider says; then nothing is left, but for what the journal has
 */
export async function present(
  deploys: readonly Deploy[],
  bindings: readonly DnsBinding[],
  label: string,
  solving: Solving,
  signal: AbortSignal,
): Promise<Presented> {
  const solver = createDnsSolver({ ...solving, type: "dns-01", bindings, certificate: label });
  const tasks = deploys.map(taskOf);
  if ((solver.rounds?.(tasks).length ?? 1) > 1) throw oneAtATime(deploys);
  const cleanUp = () => solver.cleanUp(tasks, AbortSignal.timeout(cleanUpDeadline)).catch(() => undefined);
  try {
    const [failure] = await solver.present(tasks, signal);
    if (failure) throw failure.error;
  } catch (error) {
    await cleanUp();
    throw error;
  }
  return {
    cleanUp,
    visible: async () => {
      for await (const outcome of solver.wait?.(tasks, signal) ?? []) if (!outcome.ready) throw outcome.error;
    },
  };
}

function taskOf(deploy: Deploy): Task {
  return {
    id: `${deploy.wildcard ? "*." : ""}${deploy.domain}`,
    type: "dns-01",
    identifier: { type: "dns", value: deploy.domain },
    wildcard: deploy.wildcard,
    token: deploy.token,
    keyAuthorization: `${deploy.token}.${deploy.thumbprint}`,
    accountUrl: "",
  };
}

// HAProxy marks a name and its wildcard with one command, so their values must stand side by side.
function oneAtATime([first]: readonly Deploy[]): HaproxyError {
  return new HaproxyError(
    "HAPROXY_ACME_ONE_VALUE",
    `The DNS provider holds one TXT value at a name, and ${first?.certificate} needs two.`,
    {
      ...(first === undefined ? {} : { certificate: first.certificate }),
      hint: "Give the wildcard a certificate of its own in HAProxy's configuration, or use another DNS provider.",
    },
  );
}
