import { isIP } from "node:net";
import type { PushResult } from "../push/push-request.ts";
import { outcomeOf } from "../target.ts";
import { refusedBy } from "./answer.ts";
import type { Office } from "./office.ts";

/** Who brought what, for the log. */
export function createLog(client: string, { node, emit }: Pick<Office, "node" | "emit">) {
  const challenge = (value: string) =>
    ({
      certificate: value,
      identifier: { type: isIP(value) === 0 ? "dns" : "ip", value },
      challenge: "http-01",
      solver: `http-01 by ${node.id}, brought by ${client}`,
    }) as const;
  return {
    done(result: PushResult) {
      const { action, detail, warnings = [], reloadNeeded } = outcomeOf(result);
      const about = { certificate: result.name, target: node.id };
      emit({ type: "deploy.finished", ...about, action, detail: `${detail}; brought by ${client}` });
      for (const message of warnings)
        emit({ type: "warning", code: "DEPLOY_WARNING", message, certificate: result.name });
      if (reloadNeeded !== undefined) {
        const message = `${node.id} serves it only after a reload: ${reloadNeeded}`;
        emit({ type: "warning", code: "DEPLOY_RELOAD_NEEDED", message, certificate: result.name });
      }
    },
    failed(certificate: string, error: unknown) {
      const { code, message, hint } = refusedBy(error);
      const about = { certificate, target: node.id, code, message: `${message} Brought by ${client}.` };
      emit({ type: "deploy.failed", ...about, ...(hint === undefined ? {} : { hint }) });
    },
    answered(name: string) {
      emit({ type: "challenge.presented", ...challenge(name) });
    },
    notAnswered(name: string, error: unknown) {
      const { code, message } = refusedBy(error);
      emit({ type: "challenge.failed", ...challenge(name), code, message });
    },
    ordered(certificate: string, begun: boolean) {
      const about = { certificate, target: node.id, step: begun ? "ordered by HAProxy" : "being ordered already" };
      emit({ type: "deploy.step", ...about, detail: `asked for by ${client}` });
    },
  };
}
