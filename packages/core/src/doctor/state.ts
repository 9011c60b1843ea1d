import { listCertificates } from "../store/list-certificates.ts";
import type { Store } from "../store/store.ts";
import { tryStore } from "../store/try-store.ts";
import { type Finding, findingOf } from "./finding.ts";

/** Whether the state can be locked, written and read back, and which certificates in it cannot be read. */
export async function lookAtState(store: Store, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    await tryStore(store, signal);
    const listed = await listCertificates(store);
    return listed.flatMap((each) => ("error" in each ? [findingOf(each.error, "DOCTOR_STATE", each.name)] : []));
  } catch (error) {
    signal.throwIfAborted();
    return [findingOf(error, "DOCTOR_STATE", store.locate(""))];
  }
}
