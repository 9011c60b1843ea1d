import type { CaAccess, CaSpec, SecretRef } from "@certwright/core";
import { knownCaOf } from "../ca-names.ts";
import type { Surroundings } from "../command.ts";
import { cliError } from "../errors.ts";
import { readSmallTextFile } from "../files.ts";
import { readSecret } from "../secret-ref.ts";
import { version } from "../version.ts";

/** What a person allowed to be done at a CA in their name. */
export interface Leave {
  /** Agreeing to its terms of service. */
  readonly acceptTerms: boolean;
  /** Asking it for an external account binding. */
  readonly fetchEab: boolean;
}

/** The contents of what a CA's entry refers to. */
export async function openCaAccess(
  ca: CaSpec,
  { acceptTerms, fetchEab }: Leave,
  surroundings: Surroundings,
  accountKey?: SecretRef,
): Promise<CaAccess> {
  const [caPem, hmacKey, accountKeyPem] = await Promise.all([
    ca.caFile === undefined ? undefined : readRoots(ca.caFile),
    ca.eab === undefined ? undefined : readSecret(ca.eab.hmacKey, surroundings),
    accountKey === undefined ? undefined : readSecret(accountKey, surroundings),
  ]);
  return {
    acceptTerms,
    userAgent: `certwright/${version}`,
    proxyEnv: surroundings.context.env,
    ...(caPem === undefined ? {} : { caPem }),
    ...(hmacKey === undefined ? {} : { hmacKey }),
    ...(fetchEab && knownCaOf(ca.directoryUrl)?.fetchesEab
      ? {
          fetchBinding: async () => (await import("./zerossl-binding.ts")).fetchZerosslBinding(ca.email, surroundings),
        }
      : {}),
    ...(accountKeyPem === undefined ? {} : { accountKeyPem }),
  };
}

/** @throws CertwrightError `CLI_FILE_UNREADABLE` also where it is another file: without a root in it, no CA would be trusted */
async function readRoots(path: string): Promise<string> {
  const text = await readSmallTextFile(path);
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw cliError("CLI_FILE_UNREADABLE", `${path} holds no certificate in PEM`, {
    hint: "Name the file with the root that signed the CA's own HTTPS certificate.",
  });
}
