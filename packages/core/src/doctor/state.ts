import { listCertificates } from "../store/list-certificates.ts";
import type { Store } from "../store/store.ts";
import { type Finding, findingOf } from "./finding.ts";

const probe = "doctor/probe.json";

/** Whether the state can be written and read back, and which certificates in it cannot be read. */
export async function lookAtState(store: Store): Promise<readonly Finding[]> {
  try {
    await store.write(probe, Buffer.from("{}"));
    await store.remove(probe);
    const listed = await listCertificates(store);
    return listed.flatMap((each) => ("error" in each ? [findingOf(each.error, "DOCTOR_STATE", each.name)] : []));
  } catch (error) {
    return [findingOf(error, "DOCTOR_STATE", store.locate(""))];
  }
}
