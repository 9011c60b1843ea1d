import { readFile } from "node:fs/promises";
import { type Bundle, readBundle } from "../certificate/pem.ts";
import { isSame } from "../certificate/served.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import { dumpCertificate } from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import type { FilePlan } from "./files.ts";

/**
 * The certificate and key HAProxy holds now, so that they can be put back: from the file where it is the same, else
 * from HAProxy itself (3.1 and later). Undefined when neither has it; then there is no way back.
 */
export async function recallFormer(
  session: Session,
  present: CertificateDetails,
  plan: FilePlan,
): Promise<Bundle | undefined> {
  if (plan.kind === "files") {
    const texts = await Promise.all(
      [plan.certificate, plan.key ?? `${plan.certificate}.key`].map((path) => readFile(path, "utf8").catch(() => "")),
    );
    const former = readFormer(texts.join("\n"), present);
    if (former) return former;
  }
  const dumped = await dumpCertificate(session, present.name);
  return typeof dumped === "string" ? readFormer(dumped, present) : undefined;
}

function readFormer(text: string, present: CertificateDetails): Bundle | undefined {
  try {
    const bundle = readBundle({ key: text, chain: text });
    return bundle.keyMatches && isSame(present, bundle) ? bundle : undefined;
  } catch {
    return undefined;
  }
}
