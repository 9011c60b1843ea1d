import { resolve } from "node:path";
import {
  type CertificateSpec,
  type ChallengeSpec,
  type DnsSpec,
  type Identifier,
  parseIdentifier,
  type SecretRef,
  uniqueIdentifiers,
} from "@certwright/core";
import { certificateNameForm, longestCertificateName } from "@certwright/core/store";
import { parseServer } from "@certwright/dns";
import { parseZonePin } from "@certwright/provider";
import { caSpecs } from "./ca-spec.ts";
import type { CliContext } from "./context.ts";
import type { dnsWriteFlags } from "./declarations/dns.ts";
import type { issueFlags } from "./declarations/issue.ts";
import { usageError } from "./errors.ts";
import type { FlagValues } from "./flags.ts";
import { parseSecretRef } from "./secret-ref.ts";
import { orderedWays } from "./ways.ts";

type IssueFlags = FlagValues<typeof issueFlags>;
type DnsFlags = Pick<FlagValues<typeof dnsWriteFlags>, "dns" | "dnsOption" | "zone" | "endpoint"> &
  Partial<Pick<IssueFlags, "dnsAccount">>;
type LookupFlags = Pick<IssueFlags, "dnsResolvers" | "followAlias"> &
  Partial<Pick<IssueFlags, "dnsNameservers" | "propagation">>;

/**
 * What the flags of `issue` ask for. Paths in it are absolute, since a timer renews from another directory.
 *
 * @param fromCsr the names of the request given by `--csr`
 * @param given flags in the order of the command line: the order of preference of ways to prove names
 * @throws CertwrightError `CLI_USAGE`, `CLI_CA_...`, `IDENTIFIER_...`, `DNS_BAD_SERVER`
 */
export function specOf(
  flags: IssueFlags,
  context: Pick<CliContext, "cwd" | "env">,
  fromCsr: readonly Identifier[] = [],
  given: readonly string[] = [],
): CertificateSpec {
  const named = flags.domain.map(parseIdentifier);
  const identifiers = uniqueIdentifiers(named.length > 0 ? named : fromCsr);
  const [first] = identifiers;
  if (first === undefined) {
    throw usageError("no name to certify", "Give at least one: certwright issue -d example.com --dns <provider>");
  }
  const { csr, keyType = "ec256", reuseKey, profile, preferredChain, deploy } = flags;
  if (csr !== undefined && deploy.length > 0) {
    throw usageError("with --csr the key is not here, so nothing can be deployed", "Leave --deploy out, or --csr.");
  }
  const challenges = orderedWays(flags, dnsChallengeSpecs(flags, context.cwd), given, context.cwd);
  const wildcard = identifiers.find(({ value }) => value.startsWith("*."));
  if (wildcard !== undefined && challenges.length > 0 && !challenges.some(({ type }) => type.startsWith("dns-"))) {
    throw usageError(`${wildcard.value} is a wildcard, which no CA proves over HTTP or TLS`, "Add --dns <provider>.");
  }
  const address = identifiers.find(({ type }) => type === "ip");
  if (address !== undefined && challenges.length > 0 && challenges.every(({ type }) => type.startsWith("dns-"))) {
    throw usageError(`${address.value} is an IP address, which no CA proves over the DNS`, "Add --http or --tls-alpn.");
  }
  const { name = first.value } = flags;
  if (name.length > longestCertificateName || !certificateNameForm.test(name) || /\p{Cc}/u.test(name))
    throw usageError(
      `--name cannot be ${JSON.stringify(name.slice(0, 80))}`,
      "Give a name without spaces and slashes, such as the first domain.",
    );
  return {
    name,
    identifiers,
    keyType,
    reuseKey,
    cas: caSpecs(flags, context),
    challenges,
    dns: dnsSpec(flags),
    deploy,
    ...(csr === undefined ? {} : { csrFile: resolve(context.cwd, csr) }),
    ...(profile === undefined ? {} : { profile }),
    ...(preferredChain === undefined ? {} : { preferredChain }),
  };
}

/** One way for each `--dns` and `--dns-account`, with its options. @throws CertwrightError `CLI_USAGE` */
export function dnsChallengeSpecs(
  { dns, dnsAccount = [], dnsOption, endpoint, zone }: DnsFlags,
  cwd: string,
): readonly ChallengeSpec[] {
  const named = [...new Set([...dns, ...dnsAccount])];
  if (endpoint !== undefined && named.length > 1) {
    throw usageError("--endpoint fits one --dns only", "Write --dns-option provider:endpoint=URL for each.");
  }
  if (zone !== undefined && named.length > 1) {
    throw usageError("--zone fits one --dns only", "Leave it out: each provider's own zones are looked up.");
  }
  if (zone !== undefined) parseZonePin(zone);
  const given = endpoint === undefined ? dnsOption : [...dnsOption, `endpoint=${endpoint}`];
  const options = optionsByProvider(given, named, cwd);
  const ways = (type: "dns-01" | "dns-account-01", providers: readonly string[]): readonly ChallengeSpec[] =>
    [...new Set(providers)].map((provider) => {
      const own = options[named.indexOf(provider)];
      return {
        type,
        provider: /^\.{0,2}\//.test(provider) ? resolve(cwd, provider) : provider,
        ...(own === undefined ? {} : { options: own }),
        ...(zone === undefined ? {} : { zone }),
      };
    });
  return [...ways("dns-01", dns), ...ways("dns-account-01", dnsAccount)];
}

type Options = Record<string, string | SecretRef>;

/** `name=value` for the only provider, `provider:name=value` for one of several. */
function optionsByProvider(
  given: readonly string[],
  providers: readonly string[],
  cwd: string,
): readonly (Options | undefined)[] {
  const found: (Options | undefined)[] = providers.map(() => undefined);
  for (const text of given) {
    const [, of, name, value] = /^(?:(.+):)?([A-Za-z][A-Za-z0-9]*)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw usageError(
        "--dns-option has a value that is not name=value",
        "See the options with: certwright dns providers <id>",
      );
    }
    const index = of === undefined && providers.length === 1 ? 0 : providers.indexOf(of ?? "");
    if (index < 0) {
      throw usageError(
        `--dns-option ${name} does not say which provider it is for`,
        providers.length === 0
          ? "Name one with --dns."
          : `Write ${providers.map((id) => `${id}:${name}=...`).join(" or ")}.`,
      );
    }
    found[index] = { ...found[index], [name]: parseSecretRef(value, cwd) ?? value };
  }
  return found;
}

/** How the DNS is asked; servers are checked now, not in the middle of a run. @throws CertwrightError `DNS_BAD_SERVER` */
export function dnsSpec({ dnsResolvers, dnsNameservers = [], followAlias, propagation }: LookupFlags): DnsSpec {
  for (const server of [...dnsResolvers, ...dnsNameservers]) parseServer(server);
  return {
    followAlias,
    ...(dnsResolvers.length === 0 ? {} : { resolvers: dnsResolvers }),
    ...(dnsNameservers.length === 0 ? {} : { nameservers: dnsNameservers }),
    ...(propagation === undefined ? {} : { propagation }),
  };
}
