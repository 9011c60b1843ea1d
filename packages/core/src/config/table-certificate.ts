import type { ChallengeType } from "../identifier.ts";
import type { KeyTypeName } from "../spec.ts";
import { byForm, dictionary, list, object, shorthand } from "./collections.ts";
import { challengeName, domain, identifier, label, server } from "./grammars.ts";
import { address, choice, duration, flag, path, text } from "./scalars.ts";
import { certificateHooks } from "./table-hooks.ts";
import { filled, type Infer, type Key, type Keys, optional, required, type Type } from "./type.ts";

const keyType: Type<KeyTypeName> = choice("ec256", "ec384", "rsa2048", "rsa3072", "rsa4096");
const challengeType: Type<ChallengeType> = choice(
  "dns-01",
  "http-01",
  "tls-alpn-01",
  "dns-account-01",
  "dns-persist-01",
);

const fullChallenge = object("challenge", "One way to prove names.", {
  type: required(challengeType, "The challenge type, as the RFCs call it."),
  providers: optional(
    list(label, { least: 1, distinct: true }),
    "dns-*: labels of the provider instances to use.",
    "all of them",
  ),
  webroot: optional(
    path,
    "http-01: directory whose `.well-known/acme-challenge/` a web server serves.",
    "a server of our own",
  ),
  listen: optional(
    address({ anyHost: true }),
    "http-01, tls-alpn-01: where our own server listens.",
    "`:80` or `:443`",
  ),
  haproxy: optional(
    list(text({ longest: 2048 }), { least: 1, distinct: true }),
    "http-01: addresses of the HAProxy nodes that answer from a map, such as /run/haproxy/admin.sock or agent://host:port?ca=&cert=&key=.",
  ),
  map: optional(
    text({ longest: 1024 }),
    "http-01: that map, as HAProxy names it; a node agent has its own.",
    "`virt@acme`",
  ),
  stateless: optional(
    flag,
    "http-01: what listens on port 80 answers by itself, from the account's thumbprint.",
    "`false`",
  ),
  selfCheck: optional(flag, "http-01: ask for the answer ourselves before the CA does.", "`true`"),
});

export type ChallengeConfig = Infer<typeof fullChallenge>;

/** A challenge in full, or its type alone. */
const challenge: Type<ChallengeConfig> = byForm<ChallengeConfig>({
  scalar: shorthand(fullChallenge, "type", challengeType),
  map: fullChallenge,
});

const propagation = object("propagation", "How long and how to wait until a TXT value is seen.", {
  mode: filled(
    choice("check", "fixed", "off"),
    "check",
    "`check` looks at every name server, `fixed` waits without looking, `off` does neither.",
  ),
  wait: optional(
    duration("1s", "1d"),
    "Longest wait for `check`, the wait itself for `fixed`.",
    "what the provider is known to need; `fixed` 1m",
  ),
  publicResolvers: optional(list(server, { distinct: true }), "Resolvers that must see the value too."),
});

const dnsKeys = {
  resolvers: optional(list(server, { least: 1, distinct: true }), "Resolvers for look-ups.", "the system's"),
  nameservers: optional(
    list(server, { least: 1, distinct: true }),
    "Asked whether a value is there, instead of the zone's own name servers.",
  ),
  followAlias: filled(flag, true, "Follow a CNAME at the challenge name."),
  aliases: optional(
    dictionary(challengeName, domain),
    "Challenge name: name to write to instead. For a delegation that cannot be looked up.",
  ),
  propagation: optional(propagation, "How long and how to wait until a TXT value is seen."),
};

/** What certificates may share. Built-in values stand in `defaults`. */
const shared = {
  keyType: filled(keyType, "ec256", "Key of the certificate."),
  reuseKey: filled(flag, false, "Keep the key at renewal instead of a new one each time."),
  profile: optional(
    text({ longest: 255, pattern: /^[!-~]+$/, expected: "a profile's name as the CA writes it" }),
    "Certificate profile the CA offers.",
    "the CA's default",
  ),
  preferredChain: optional(
    text({ longest: 1024 }),
    "Chain to take among the CA's alternates: common name of its topmost issuer, or the SHA-256 of its root.",
    "the CA's default",
  ),
  cas: optional(
    list(text({ longest: 2048 }), { least: 1, distinct: true }),
    "CAs in order of preference: labels under `cas`, or short names of public CAs. The next is asked when one is down, limits us, or is forbidden by CAA.",
    "the only CA under `cas`, or letsencrypt",
  ),
  challenges: optional(
    list(challenge, { least: 1, distinct: true }),
    "Ways to prove the names, in order of preference.",
    "dns-01 with all providers",
  ),
  dns: filled(
    object("dns", "How the DNS is asked.", dnsKeys),
    {},
    "How the DNS is asked. Each key on its own overrides that of `defaults`.",
  ),
  deploy: filled(
    list(text(), { distinct: true }),
    [],
    "Where it goes: labels under `targets` and `fleets`, or addresses such as `haproxy:/run/haproxy/admin.sock`.",
  ),
  hooks: filled(
    object("hooks", "Programs run for one certificate.", certificateHooks),
    {},
    "Programs run for it. Each kind on its own overrides that of `defaults`.",
  ),
};

export const defaults = object("defaults", "What certificates do not say themselves.", shared);

/** The same keys, none with a default of its own: what is left out comes from `defaults`. */
type Inherited<K extends Keys> = { readonly [N in keyof K]: K[N] extends Key<infer T> ? Key<T, "optional"> : never };

function inherited<K extends Keys>(keys: K): Inherited<K> {
  const entries = Object.entries(keys).map(([name, { type, description }]) => [
    name,
    optional(type, description, "that of `defaults`"),
  ]);
  return Object.fromEntries(entries) as Inherited<K>;
}

const certificateKeys = {
  names: optional(
    list(identifier, { least: 1, most: 1000, distinct: true }),
    "Names, wildcards and IP addresses it is for.",
    "its key here",
  ),
  csr: optional(
    path,
    "Your own certificate signing request; it must ask for the same names. The key stays with you, so it is deployed nowhere from here.",
  ),
  ...inherited(shared),
  dns: optional(
    object("certificate-dns", "How the DNS is asked for one certificate.", inherited(dnsKeys)),
    shared.dns.description,
    "that of `defaults`",
  ),
  hooks: optional(
    object("certificate-hooks", "Programs run for one certificate.", inherited(certificateHooks)),
    shared.hooks.description,
    "that of `defaults`",
  ),
};

export const certificate = object(
  "certificate",
  "One certificate. It is kept in the state under its key here.",
  certificateKeys,
);
