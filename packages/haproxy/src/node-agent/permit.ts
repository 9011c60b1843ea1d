import { type Bundle, readLeafPem } from "../certificate/pem.ts";
import { readRegularFile } from "../disk/disk.ts";
import type { FilePlan } from "../disk/files.ts";
import { HaproxyError } from "../errors.ts";
import type { Permit } from "../push/settings.ts";
import { covers } from "../runtime/names.ts";
import { type AllowList, refuseChange } from "./allow-list.ts";

/** Looks at what a push has found, before it changes anything. */
export function permitOf(allow: AllowList): Permit {
  return async (bundle, { name, present, plan }) => {
    refuseChange(name, present, allow);
    if (present === undefined) await refuseOtherFile(bundle, name, plan);
  };
}

/** A file HAProxy does not have may be somebody else's: another certificate, a CA. Ours is there after a push that was cut. */
async function refuseOtherFile(bundle: Bundle, name: string, plan: FilePlan): Promise<void> {
  if (plan.kind === "none") return;
  const file = await readRegularFile(plan.certificate);
  if (file === undefined || isForSameNames(file.toString("latin1"), bundle)) return;
  throw new HaproxyError(
    "HAPROXY_AGENT_PLACE",
    `${plan.certificate} is there, and is not a certificate of these names.`,
    {
      certificate: name,
      hint: "Give the new certificate another file name, or remove the file on the node.",
    },
  );
}

function isForSameNames(text: string, bundle: Bundle): boolean {
  try {
    const { names } = readLeafPem(text);
    return names.length > 0 && names.every((each) => covers(bundle.names, each));
  } catch {
    return false;
  }
}
