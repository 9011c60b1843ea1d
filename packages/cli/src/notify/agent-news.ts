import type { CertificateResult, CertwrightEvent } from "@certwright/core";
import { CertwrightError } from "@certwright/provider/errors";

/**
 * What an agent's event is to those who are told of certificates; undefined where they need not know.
 *
 * @param node stands for the certificate where all of them are concerned, as when HAProxy is out of reach
 */
export function resultOfEvent(event: CertwrightEvent, node: string): CertificateResult | undefined {
  if (event.type === "certificate.failed" || event.type === "warning") {
    const { code, message, hint, certificate = node } = event;
    return {
      certificate,
      outcome: "failed",
      error: new CertwrightError(code, message, hint === undefined ? {} : { hint }),
    };
  }
  if (event.type !== "deploy.finished") return undefined;
  const { certificate, target } = event;
  return {
    certificate,
    outcome: "deployed",
    reason: "HAProxy obtained it",
    // Nobody is told of it.
    notAfter: new Date(0),
    targets: [{ target, ok: true, action: "stored", served: true }],
  };
}
