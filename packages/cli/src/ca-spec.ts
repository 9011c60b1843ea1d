import { resolve } from "node:path";
import type { CaSpec, SecretRef } from "@certwright/core";
import { listAccounts, type Store } from "@certwright/core/store";
import { defaultCa, directoryUrlOf, knownCaOf } from "./ca-names.ts";
import type { CliContext } from "./context.ts";
import type { caFlags } from "./declarations/issue.ts";
import { cliError, usageError } from "./errors.ts";
import type { FlagValues } from "./flags.ts";

type CaFlags = FlagValues<typeof caFlags>;

/** What stands for the account without an address, beside others at the same CA. */
export const noAddress = "none";

const hmacVariable = "CERTWRIGHT_EAB_HMAC_KEY";

/**
 * The CAs the flags name, in order of preference.
 *
 * @throws CertwrightError `CLI_CA_...`, `CLI_USAGE`
 */
export function caSpecs(flags: CaFlags, { cwd, env }: Pick<CliContext, "cwd" | "env">): readonly CaSpec[] {
  const urls = (flags.server.length === 0 ? [defaultCa] : flags.server).map(directoryUrlOf);
  const eab = bindingOf(flags, cwd, env);
  // A binding belongs to one CA: the one that asks for it, or the only one.
  const bound = urls.length === 1 ? urls[0] : urls.find((url) => knownCaOf(url)?.eab !== undefined);
  return [...new Set(urls)].map((directoryUrl) => ({
    directoryUrl,
    ...(flags.caFile === undefined ? {} : { caFile: resolve(cwd, flags.caFile) }),
    ...(flags.email === undefined || flags.email === noAddress ? {} : { email: emailOf(flags.email) }),
    ...(eab === undefined || directoryUrl !== bound ? {} : { eab }),
  }));
}

/** The only CA the flags name. @throws CertwrightError `CLI_USAGE` where they name several */
export function onlyCa(flags: CaFlags, context: Pick<CliContext, "cwd" | "env">): CaSpec {
  const [ca, other] = caSpecs(flags, context);
  if (ca === undefined || other !== undefined) throw usageError("this command works with one CA", "Give one --server.");
  return ca;
}

/**
 * Refuses to ask a CA for an account that it will not give without an external account binding, and says where to get one.
 *
 * @throws CertwrightError `CLI_BINDING_NEEDED`
 */
export async function checkBinding(cas: readonly CaSpec[], store: Store, fetchEab: boolean): Promise<void> {
  for (const { directoryUrl, eab } of cas) {
    const known = knownCaOf(directoryUrl);
    if (known?.eab === undefined || eab !== undefined) continue;
    let isThere = false;
    const accounts = await listAccounts(store, directoryUrl, () => {
      isThere = true;
    });
    if (isThere || accounts.length > 0) continue;
    if (fetchEab && known.fetchesEab) continue;
    throw cliError("CLI_BINDING_NEEDED", `${known.title} gives accounts only to accounts made with it before`, {
      hint: `${known.fetchesEab ? "Add --fetch-eab to have it make one for --email. Or get" : "Get"} a key identifier and an HMAC key (${known.eab}), then add --eab-kid and --eab-hmac-key-file.`,
    });
  }
}

function bindingOf(
  { eabKid, eabHmacKeyFile }: CaFlags,
  cwd: string,
  env: CliContext["env"],
): CaSpec["eab"] | undefined {
  const hmacKey = hmacKeyOf(eabHmacKeyFile, cwd, env);
  if (eabKid === undefined && eabHmacKeyFile === undefined) return undefined;
  if (eabKid === undefined)
    throw usageError("--eab-hmac-key-file without --eab-kid", "The CA gave you both; give both.");
  if (hmacKey === undefined) {
    throw usageError("--eab-kid without its HMAC key", `Give --eab-hmac-key-file, or set ${hmacVariable}.`);
  }
  return { kid: eabKid, hmacKey };
}

function hmacKeyOf(file: string | undefined, cwd: string, env: CliContext["env"]): SecretRef | undefined {
  if (file !== undefined) return { file: resolve(cwd, file) };
  const value = env[hmacVariable];
  return value === undefined || value === "" ? undefined : { env: hmacVariable };
}

/** One address, as it can stand in a `mailto:` URL without header or second address (RFC 8555 section 7.3). @throws CertwrightError `CLI_USAGE` */
export function emailOf(text: string): string {
  if (/^[^\s@,?&%<>"]+@[^\s@,?&%<>"]+\.[^\s@,?&%<>"]+$/.test(text)) return text;
  throw usageError(`${JSON.stringify(text)} is not an e-mail address`, "Give one address, such as admin@example.com.");
}
