import { type AcmeClient, accountIdOf, type CaSpec, openCa } from "@certwright/core";
import { type AccountId, listAccounts, readAccount, type Store } from "@certwright/core/store";
import { knownCaOf } from "./ca-names.ts";
import { checkBinding, noAddress, onlyCa } from "./ca-spec.ts";
import type { Invocation } from "./command.ts";
import { openConfig } from "./config/open-config.ts";
import type { CliContext } from "./context.ts";
import type { accountFlags } from "./declarations/account.ts";
import { cliError } from "./errors.ts";
import type { FlagValues } from "./flags.ts";
import { openCaAccess } from "./parts/ca-access.ts";
import { openOnlyState } from "./state/open-state.ts";
import { createWorld } from "./world.ts";

/** A stored account, opened at its CA. */
export interface OpenAccount {
  readonly client: AcmeClient;
  readonly id: AccountId;
  readonly ca: CaSpec;
  readonly store: Store;
}

/** Opens the CA the flags name with its account; makes one only where `mayCreate`. */
export async function openAccount(
  invocation: Invocation<typeof accountFlags>,
  mayCreate: boolean,
): Promise<OpenAccount> {
  const { flags, context } = invocation;
  const store = await openOnlyState(invocation);
  const asked = mayCreate ? onlyCa(flags, context) : await accountCa(flags, context, store);
  if (mayCreate) await checkBinding([asked], store, flags.fetchEab);
  const id = mayCreate ? accountIdOf(asked) : await chooseAccount(asked, flags, store);
  const ca: CaSpec = {
    ...asked,
    ...(await configuredRoots(asked, invocation)),
    ...(id.email === undefined ? {} : { email: id.email }),
  };
  const access = await openCaAccess(ca, { acceptTerms: flags.acceptTos, fetchEab: flags.fetchEab }, invocation);
  return { client: await openCa(ca, access, store, createWorld(invocation, {})), id, ca, store };
}

/** What the configuration trusts a CA of one's own by, where no flag says it; it is read for nothing else. */
async function configuredRoots(
  { directoryUrl, caFile }: CaSpec,
  invocation: Invocation<typeof accountFlags>,
): Promise<Pick<CaSpec, "caFile">> {
  if (caFile !== undefined || knownCaOf(directoryUrl) !== undefined) return {};
  const config = await openConfig(invocation);
  const spec = config?.cas.find((ca) => ca.spec.directoryUrl === directoryUrl)?.spec;
  return spec?.caFile === undefined ? {} : { caFile: spec.caFile };
}

/** The CA whose account is meant: the one the flags name, else the only one there are accounts of, else the usual one. */
export async function accountCa(
  flags: FlagValues<typeof accountFlags>,
  context: Pick<CliContext, "cwd" | "env">,
  store: Store,
): Promise<CaSpec> {
  if (flags.server.length > 0) return onlyCa(flags, context);
  const [only, ...others] = new Set((await listAccounts(store)).map(({ directoryUrl }) => directoryUrl));
  return onlyCa(only === undefined || others.length > 0 ? flags : { ...flags, server: [only] }, context);
}

/**
 * The account a person means: that of the address given, or without one where that is said, else the only one there is.
 *
 * @throws CertwrightError `CLI_ACCOUNT_UNKNOWN`
 */
export async function chooseAccount(
  ca: CaSpec,
  { email }: Pick<FlagValues<typeof accountFlags>, "email">,
  store: Store,
): Promise<AccountId> {
  const { directoryUrl } = ca;
  // Which one is meant when none is named, only all of them can tell.
  const isNamed = ca.email !== undefined || email === noAddress;
  const records = isNamed ? [] : await listAccounts(store, directoryUrl);
  const addresses = [...new Set(records.flatMap(({ contact }) => contact.map((url) => url.replace(/^mailto:/, ""))))];
  const possible = isNamed
    ? [accountIdOf(ca)]
    : [{ directoryUrl }, ...addresses.map((address) => ({ directoryUrl, email: address }))];
  const found: AccountId[] = [];
  for (const id of possible) if ((await readAccount(store, id))?.record !== undefined) found.push(id);
  const [only, other] = found;
  if (only !== undefined && other === undefined) return only;
  const name = knownCaOf(directoryUrl)?.name ?? directoryUrl;
  throw cliError(
    "CLI_ACCOUNT_UNKNOWN",
    only === undefined ? `no such account at ${name}` : `several accounts at ${name}`,
    {
      hint: "See: certwright account list. Say which one with --server and --email; --email none is the one without an address.",
    },
  );
}
