import { type CertificateSpec, type Emit, unkept } from "@certwright/core";
import type { Store } from "@certwright/core/store";

/** Warns of certificates that are stored and not configured, so that nobody thinks they renew. */
export async function warnOfUnkept(specs: readonly CertificateSpec[], store: Store, emit: Emit): Promise<void> {
  for (const certificate of await unkept(specs, { store })) {
    emit({
      type: "warning",
      code: "CLI_CERTIFICATE_UNKEPT",
      certificate,
      message: `${certificate} is stored but not in the configuration, so it is not renewed`,
      hint: `Add it under certificates, or renew it by name: certwright renew ${certificate}`,
    });
  }
}
