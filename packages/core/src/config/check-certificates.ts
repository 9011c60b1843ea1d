import { nearest } from "@certwright/provider";
import { type Identifier, parseIdentifier } from "../identifier.ts";
import type { CertificateSpec, ChallengeSpec, DnsSpec } from "../spec.ts";
import { type Authorities, knownHint } from "./check-authority.ts";
import type { Targets } from "./check-targets.ts";
import type { Checking } from "./checking.ts";
import { compact } from "./compact.ts";
import type { Path } from "./located.ts";
import type { CertificateConfig, ConfigFile } from "./table.ts";
import type { ChallengeConfig } from "./table-certificate.ts";
import type { HookConfig } from "./table-hooks.ts";

/** What runs around the order of one certificate. Its deploy hooks are among its targets. */
export interface CertificateHooks {
  readonly pre: readonly HookConfig[];
  readonly post: readonly HookConfig[];
}

/** A certificate as the file says it. */
export interface ConfiguredCertificate {
  readonly spec: CertificateSpec;
  readonly hooks: CertificateHooks;
}

/** Joins each certificate with the defaults and with what it refers to. */
export function checkCertificates(
  checking: Checking,
  authorities: Authorities,
  targets: Targets,
): readonly ConfiguredCertificate[] {
  const { settings } = checking;
  const { defaults } = settings;
  checkChallenges(checking, defaults.challenges ?? [], ["defaults", "challenges"]);
  checkPropagation(checking, defaults.dns.propagation, ["defaults", "dns", "propagation"]);
  const everywhere = targets.addHooks(settings.hooks.deploy, ["hooks", "deploy"]);
  const usualHooks = targets.addHooks(defaults.hooks.deploy, ["defaults", "hooks", "deploy"]);
  const deployTo = (entries: readonly string[], hooks: readonly string[]): readonly string[] => [
    ...new Set([...targets.choose(entries), ...everywhere, ...hooks]),
  ];
  const usualDeploy = deployTo(defaults.deploy, usualHooks);
  const casOf = shared(authorities.choose);
  const waysOf = shared((challenges: readonly ChallengeConfig[]) =>
    challenges.flatMap((challenge) => challengeSpecs(settings, challenge)),
  );
  const dnsOf = shared((own: CertificateConfig["dns"]) => dnsSpec({ ...defaults.dns, ...own }));
  return Object.entries(settings.certificates).map(([name, own]) => {
    const path: Path = ["certificates", name];
    checkChallenges(checking, own.challenges ?? [], [...path, "challenges"]);
    checkPropagation(checking, own.dns?.propagation, [...path, "dns", "propagation"]);
    const challenges = own.challenges ?? defaults.challenges ?? usualChallenges(checking, path);
    const identifiers = identifiersOf(checking, name, own);
    checkProvable(checking, path, identifiers, challenges);
    const ownHooks = own.hooks?.deploy;
    const hooks = ownHooks === undefined ? usualHooks : targets.addHooks(ownHooks, [...path, "hooks", "deploy"]);
    const isUsual = own.deploy === undefined && ownHooks === undefined;
    const deploy = isUsual ? usualDeploy : deployTo(own.deploy ?? defaults.deploy, hooks);
    checkKeyIsHere(checking, path, own);
    const spec: CertificateSpec = compact({
      name,
      identifiers,
      keyType: own.keyType ?? defaults.keyType,
      reuseKey: own.reuseKey ?? defaults.reuseKey,
      csrFile: own.csr,
      profile: own.profile ?? defaults.profile,
      preferredChain: own.preferredChain ?? defaults.preferredChain,
      cas: casOf(own.cas),
      challenges: waysOf(challenges),
      dns: dnsOf(own.dns),
      // Of a request of somebody's own the key is not here, so what all certificates go to leaves it out.
      deploy: own.csr === undefined ? deploy : [],
    });
    const { pre = defaults.hooks.pre, post = defaults.hooks.post } = own.hooks ?? {};
    return { spec, hooks: { pre, post } };
  });
}

/** Certificates that say the same, mostly nothing of their own, get the very same value: there may be 100,000 of them. */
function shared<T, R>(make: (said: T) => R): (said: T) => R {
  const made = new Map<T, R>();
  return (said) => {
    const known = made.get(said);
    if (known !== undefined) return known;
    const value = make(said);
    made.set(said, value);
    return value;
  };
}

/** Nothing can be deployed without its key. */
function checkKeyIsHere({ tell }: Checking, path: Path, { csr, deploy = [], hooks }: CertificateConfig): void {
  if (csr === undefined) return;
  const told = "cannot be: with csr, the key of the certificate is not here";
  const hint = "Leave it out, and deploy where the key is; or leave csr out.";
  if (deploy.length > 0) tell([...path, "deploy"], told, hint, "key");
  if ((hooks?.deploy ?? []).length > 0) tell([...path, "hooks", "deploy"], told, hint, "key");
}

function identifiersOf(
  { tell, isWritten }: Checking,
  name: string,
  { names }: CertificateConfig,
): readonly Identifier[] {
  if (names !== undefined) return names.map(parseIdentifier);
  const path: Path = ["certificates", name];
  if (isWritten([...path, "names"])) return [];
  try {
    return [parseIdentifier(name)];
  } catch {
    tell(path, "is no domain name or address, and has no names", `Add names: [example.com, "*.example.com"].`, "key");
    return [];
  }
}

const isDns = ({ type }: Pick<ChallengeConfig, "type">): boolean => type.startsWith("dns-");
/** A standing record is only looked at: nobody has to write it. */
const needsProvider = ({ type }: Pick<ChallengeConfig, "type">): boolean =>
  type === "dns-01" || type === "dns-account-01";

function checkChallenges(checking: Checking, challenges: readonly ChallengeConfig[], path: Path): void {
  const { tellEntry, keysOf } = checking;
  const labels = keysOf(["providers"]);
  for (const challenge of challenges) {
    const { type, providers, webroot, listen, haproxy, map, stateless, selfCheck } = challenge;
    const tell = (problem: string, hint: string): void => tellEntry(path, type, problem, hint);
    for (const label of providers ?? []) {
      if (labels.includes(label)) continue;
      const meant = nearest(label, labels);
      tell(
        `names no provider: ${JSON.stringify(label)}`,
        meant === undefined ? knownHint("providers", labels) : `Did you mean ${meant}?`,
      );
    }
    if (needsProvider(challenge) && labels.length === 0) {
      tell(
        `needs a DNS provider, and none is there`,
        "Add one under providers, such as: providers: { cloudflare: {} }.",
      );
    }
    if (providers !== undefined && !needsProvider(challenge))
      tell("has providers, which only dns-01 and dns-account-01 use", "Leave providers out.");
    if (listen !== undefined && isDns(challenge)) tell("listens nowhere, being a dns-* challenge", "Leave listen out.");
    const ofHttp = { webroot, haproxy, map, stateless, selfCheck };
    for (const [key, value] of Object.entries(ofHttp)) {
      if (value !== undefined && type !== "http-01") tell(`has ${key}, which only http-01 uses`, `Leave ${key} out.`);
    }
    const places = Object.entries({ webroot, haproxy, listen, stateless: stateless === true ? true : undefined });
    const given = places.filter(([, value]) => value !== undefined).map(([key]) => key);
    if (given.length > 1) tell(`has ${given.join(" and ")}, which are different ways`, "Leave all but one out.");
    if (map !== undefined && haproxy === undefined)
      tell("has a map and no haproxy it is in", "Add haproxy: [/run/haproxy/admin.sock].");
  }
}

const dnsAlone: readonly ChallengeConfig[] = [{ type: "dns-01" }];

function usualChallenges({ keysOf, isWritten, tell }: Checking, path: Path): readonly ChallengeConfig[] {
  const isTold = isWritten([...path, "challenges"]) || isWritten(["defaults", "challenges"]);
  if (keysOf(["providers"]).length === 0 && !isTold) {
    tell(
      path,
      "does not say how its names are proved",
      "Add a DNS provider under providers, or challenges: [http-01].",
      "key",
    );
  }
  return dnsAlone;
}

function checkProvable(
  { tellEntry, tell, isWritten }: Checking,
  path: Path,
  identifiers: readonly Identifier[],
  challenges: readonly ChallengeConfig[],
): void {
  const refuse = (value: string, problem: string, hint: string): void => {
    if (isWritten([...path, "names"])) tellEntry([...path, "names"], value, problem, hint);
    else tell(path, problem, hint, "key");
  };
  for (const { type, value } of identifiers) {
    if (value.startsWith("*.") && !challenges.some(isDns)) {
      refuse(
        value,
        "is a wildcard, which no CA proves over HTTP or TLS",
        "Add a dns-01 challenge, or leave the wildcard out.",
      );
    }
    if (type === "ip" && challenges.every(isDns)) {
      refuse(
        value,
        "is an IP address, which no CA proves over the DNS",
        "Add challenges: [http-01] or [tls-alpn-01] (RFC 8738).",
      );
    }
  }
}

function checkPropagation(
  { tell }: Checking,
  propagation: ConfigFile["defaults"]["dns"]["propagation"],
  path: Path,
): void {
  if (propagation === undefined) return;
  const { mode, wait, publicResolvers } = propagation;
  if (mode === "off" && wait !== undefined)
    tell([...path, "wait"], "has no meaning with mode off", "Leave it out.", "key");
  if (mode !== "check" && publicResolvers !== undefined) {
    tell([...path, "publicResolvers"], `has no meaning with mode ${mode}`, "Leave it out.", "key");
  }
}

/** One way per provider instance; which one serves a name is decided where its record lands. */
function challengeSpecs(settings: ConfigFile, challenge: ChallengeConfig): readonly ChallengeSpec[] {
  const { type, webroot, listen, haproxy, map, stateless, selfCheck } = challenge;
  if (!needsProvider(challenge)) {
    return [compact({ type, webroot, listen, haproxy, map, stateless, selfCheck })];
  }
  const labels = challenge.providers ?? Object.keys(settings.providers);
  return labels.flatMap((label) => {
    const instance = settings.providers[label];
    if (instance === undefined) return [];
    const { provider = label, options, zones, zone } = instance;
    return [compact({ type, provider, instance: label, options, zones, zone })];
  });
}

function dnsSpec(dns: ConfigFile["defaults"]["dns"]): DnsSpec {
  const { resolvers, nameservers, followAlias, aliases, propagation } = dns;
  return compact({
    resolvers,
    nameservers,
    followAlias,
    aliases,
    propagation:
      propagation &&
      compact({ mode: propagation.mode, seconds: propagation.wait, publicResolvers: propagation.publicResolvers }),
  });
}
