import { type CertificateResult, type CertificateSpec, examine, type Finding, type Run } from "@certwright/core";
import { cliError } from "./errors.ts";

/** A finding as lines for a person. */
export function findingLines({ severity, code, message, hint }: Finding): readonly string[] {
  return [`${severity} ${code}: ${message}`, ...(hint === undefined ? [] : [`  ${hint}`])];
}

/** Certificates that may be ordered, and those a check-up found something against. */
export interface CheckedUp {
  readonly fit: readonly CertificateSpec[];
  readonly failed: readonly CertificateResult[];
}

/** The check-up before a run (`--doctor`): what will not work is not ordered, what may not is told. */
export async function checkUp(specs: readonly CertificateSpec[], run: Run): Promise<CheckedUp> {
  const fit: CertificateSpec[] = [];
  const failed: CertificateResult[] = [];
  for (const spec of specs) {
    const findings = await examine(spec, { write: false }, run);
    const certificate = spec.name;
    for (const { severity, code, message, hint } of findings) {
      if (severity === "error") continue;
      run.world.emit({ type: "warning", code, message, certificate, ...(hint === undefined ? {} : { hint }) });
    }
    const errors = findings.filter(({ severity }) => severity === "error");
    const [first] = errors;
    if (first === undefined) {
      fit.push(spec);
      continue;
    }
    const message = errors.map((found) => found.message).join("; ");
    const details = first.hint === undefined ? {} : { hint: first.hint };
    run.world.emit({ type: "certificate.failed", certificate, code: "CLI_DOCTOR", message, ...details });
    failed.push({ certificate, outcome: "failed", error: cliError("CLI_DOCTOR", message, details) });
  }
  return { fit, failed };
}
