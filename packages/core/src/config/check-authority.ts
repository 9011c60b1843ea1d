import { isCertwrightError, nearest } from "@certwright/provider";
import type { CaSpec, SecretRef } from "../spec.ts";
import type { Limit } from "../store/limits.ts";
import type { Checking } from "./checking.ts";
import { compact } from "./compact.ts";
import type { Path } from "./located.ts";
import type { ConfigFile } from "./table.ts";

/** A CA as this file uses it. */
export interface ConfiguredCa {
  /** Label under `cas`, or the short name or URL a certificate gave. */
  readonly label: string;
  /** What certificates carry; the very object. */
  readonly spec: CaSpec;
  readonly acceptTerms: boolean;
  /** The CA may be asked for an external account binding. */
  readonly fetchEab: boolean;
  /** Key of an account made elsewhere. */
  readonly accountKey?: SecretRef;
  /** Where names are tried first after they could not be validated here; null: nowhere; undefined: where the program knows. */
  readonly staging?: CaSpec | null;
  /** Limits said in the file; undefined: those known of the CA. */
  readonly limits?: readonly Limit[];
}

/** Turns a short name or URL into the URL of a directory; throws what is wrong with it. */
export type CaUrl = (name: string) => string;

/** The CAs of a file, found by what certificates call them. */
export interface Authorities {
  readonly all: readonly ConfiguredCa[];
  /** The specs of a `cas` list, or of its default. What is unknown has been told and is left out. */
  readonly choose: (names: readonly string[] | undefined) => readonly CaSpec[];
}

type Account = ConfigFile["accounts"][string];

const builtInCa = "letsencrypt";

/** Joins CAs and accounts, and checks every reference to them. */
export function checkAuthorities(checking: Checking, caUrl: CaUrl): Authorities {
  const { settings, keysOf } = checking;
  const found = new Map<string, ConfiguredCa | undefined>();
  const holders = new Map<string, { readonly label: string; readonly account: Account | undefined }>();
  for (const [label, ca] of Object.entries(settings.cas)) {
    const directoryUrl = resolveUrl(
      checking,
      ca.url ?? label,
      ["cas", label, ...(ca.url === undefined ? [] : ["url"])],
      caUrl,
    );
    const account = accountOf(checking, ca.account, ["cas", label]);
    const held = JSON.stringify([directoryUrl, account?.email]);
    const holder = holders.get(held) ?? { label, account };
    holders.set(held, holder);
    if (directoryUrl !== undefined && holder.account !== account) tellAlike(checking, label, holder.label, account);
    found.set(label, directoryUrl === undefined ? undefined : join(label, directoryUrl, ca, account));
  }
  const staging = addStaging(checking, found, caUrl);
  const written = new Set(keysOf(["cas"]));
  const named = (name: string, path: Path): void => {
    if (found.has(name) || written.has(name)) return;
    try {
      const account = accountOf(checking, undefined, path);
      found.set(name, join(name, caUrl(name), {}, account));
    } catch (error) {
      const meant = nearest(name, written);
      const hint = meant === undefined ? hintOf(error) : `Did you mean ${meant}? ${hintOf(error)}`;
      checking.tellEntry(path, name, `names no CA: ${messageOf(error)}`, hint);
    }
  };
  for (const name of settings.defaults.cas ?? []) named(name, ["defaults", "cas"]);
  for (const [certificate, { cas }] of Object.entries(settings.certificates)) {
    for (const name of cas ?? []) named(name, ["certificates", certificate, "cas"]);
  }
  const usual = usualCas(
    checking,
    [...written].filter((label) => !staging.has(label)),
  );
  for (const name of usual) named(name, ["defaults"]);
  return {
    all: [...found.values()].filter((ca) => ca !== undefined),
    choose: (names) => (names ?? settings.defaults.cas ?? usual).flatMap((name) => found.get(name)?.spec ?? []),
  };
}

/** Accounts at one CA are known by their addresses: in the state, and to whoever asks for one. */
function tellAlike({ tell }: Checking, label: string, other: string, account: Account | undefined): void {
  tell(
    ["cas", label, "account"],
    `is another account than that of cas.${other}, at the same CA and ${account?.email === undefined ? "without an address, too" : `for ${account.email}, too`}`,
    "Give each of the two accounts an e-mail address of its own, or use one for both.",
  );
}

/** Finds the staging CA each CA names, and says which labels are used for that. */
function addStaging(
  checking: Checking,
  found: Map<string, ConfiguredCa | undefined>,
  caUrl: CaUrl,
): ReadonlySet<string> {
  const { settings, tell } = checking;
  const used = new Set<string>();
  for (const [label, ca] of [...found]) {
    const name = settings.cas[label]?.staging;
    if (ca === undefined || name === undefined) continue;
    const path = ["cas", label, "staging"];
    if (found.has(name)) used.add(name);
    const spec = name === "none" ? null : (found.get(name)?.spec ?? stagingByName(checking, name, ca, path, caUrl));
    if (spec?.directoryUrl === ca.spec.directoryUrl)
      tell(path, "names the CA itself", "Name another, or `none`: names are tried there so that this CA is spared.");
    else if (spec !== undefined) found.set(label, { ...ca, staging: spec });
  }
  return used;
}

function stagingByName(
  checking: Checking,
  name: string,
  { spec: { email } }: ConfiguredCa,
  path: Path,
  caUrl: CaUrl,
): CaSpec | undefined {
  // A label whose own entry has a fault is told there.
  if (checking.keysOf(["cas"]).includes(name)) return undefined;
  const directoryUrl = resolveUrl(checking, name, path, caUrl);
  return directoryUrl === undefined ? undefined : compact({ directoryUrl, email });
}

/** What certificates get that name no CA, nor do the defaults; nothing where there is no such certificate. */
function usualCas({ settings, isWritten, tell }: Checking, labels: readonly string[]): readonly string[] {
  const isNeeded = Object.keys(settings.certificates).some((name) => !isWritten(["certificates", name, "cas"]));
  if (!isNeeded || isWritten(["defaults", "cas"])) return [];
  if (labels.length > 1) {
    const hint = `Give their order: defaults: { cas: [${labels.join(", ")}] }.`;
    tell(["cas"], "names several CAs, and nothing says which is asked first", hint, "key");
  }
  return labels.length === 0 ? [builtInCa] : labels;
}

function accountOf({ settings, keysOf, tell }: Checking, label: string | undefined, path: Path): Account | undefined {
  const labels = keysOf(["accounts"]);
  if (label !== undefined) {
    if (!labels.includes(label)) {
      const meant = nearest(label, labels);
      tell(
        [...path, "account"],
        `names no account: ${JSON.stringify(label)}`,
        meant === undefined ? knownHint("accounts", labels) : `Did you mean ${meant}?`,
      );
    }
    return settings.accounts[label];
  }
  const [only, second] = labels;
  if (second !== undefined) {
    tell(
      path,
      "does not say which account is used",
      `Several are there: ${labels.join(", ")}. Under cas, give the CA its account.`,
      path[0] === "cas" ? "key" : "value",
    );
  }
  return only === undefined ? undefined : settings.accounts[only];
}

export function knownHint(section: string, labels: readonly string[]): string {
  return labels.length === 0 ? `Nothing stands under ${section}.` : `Under ${section} stand: ${labels.join(", ")}.`;
}

function resolveUrl({ tell }: Checking, name: string, path: Path, caUrl: CaUrl): string | undefined {
  try {
    return caUrl(name);
  } catch (error) {
    tell(path, `names no CA: ${messageOf(error)}`, hintOf(error), path.length === 2 ? "key" : "value");
    return undefined;
  }
}

function join(
  label: string,
  directoryUrl: string,
  ca: Partial<ConfigFile["cas"][string]>,
  account: Account | undefined,
): ConfiguredCa {
  const eab = ca.eab && { kid: ca.eab.keyId, hmacKey: ca.eab.hmacKey };
  return compact({
    label,
    spec: compact({ directoryUrl, caFile: ca.caFile, email: account?.email, eab }),
    acceptTerms: account?.acceptTerms ?? false,
    fetchEab: ca.fetchEab ?? false,
    accountKey: account?.key,
    limits: ca.limits?.map(({ id, subject, count, period, exempt }) => ({
      id: id ?? subject,
      subject,
      count,
      periodMs: period * 1000,
      exempt,
    })),
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
}

function hintOf(error: unknown): string {
  return (
    (isCertwrightError(error) ? error.hint : undefined) ?? "Give a short name or the https: URL of an ACME directory."
  );
}
