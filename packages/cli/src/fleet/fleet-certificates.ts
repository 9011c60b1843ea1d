import { deployable, type Emit } from "@certwright/core";
import { readCertificate, type Store } from "@certwright/core/store";
import type { FleetCertificates } from "@certwright/haproxy";
import { cliError } from "../errors.ts";
import { chooseCertificates } from "../stored-certificates.ts";
import type { ChosenFleet } from "./choose-fleets.ts";

/**
 * Stored certificates for a fleet: those named, else those that go there, else all. Of the latter two, what cannot be
 * read is passed on to `onBroken` and left out.
 *
 * @throws CertwrightError `CLI_CERTIFICATE_UNKNOWN`, StoreError
 */
export async function certificatesFor(
  store: Store,
  names: readonly string[],
  { members }: Pick<ChosenFleet, "members">,
  onBroken: (name: string, error: Error) => void,
): Promise<FleetCertificates> {
  const wanted = names.length > 0 || members === undefined ? undefined : new Set(members);
  const chosen = (await chooseCertificates(store, names)).filter(({ name }) => wanted?.has(name) ?? true);
  const list: FleetCertificates["list"][number][] = [];
  for (const each of chosen) {
    if (!("error" in each)) list.push({ name: each.name, fingerprint256: each.meta.fingerprint256 });
    else if (names.length > 0) throw each.error;
    else onBroken(each.name, each.error);
  }
  return {
    list,
    load: async (name) => {
      const stored = await readCertificate(store, name);
      if (stored === undefined) throw cliError("CLI_CERTIFICATE_UNKNOWN", `${name} was removed meanwhile`);
      return deployable(stored);
    },
  };
}

/** Tells what is left out. */
export function tellBroken(emit: Emit) {
  return (name: string, error: Error): void =>
    emit({
      type: "warning",
      code: "STORE_CORRUPT",
      certificate: name,
      message: `${name} is left out: ${error.message}`,
    });
}
