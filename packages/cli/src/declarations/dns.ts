import type { Declaration } from "../command.ts";
import { text } from "../flags.ts";
import { configFlags } from "./config-flag.ts";
import { lookupFlags, propagationFlags, providerFlags } from "./dns-flags.ts";
import { explainDeclaration } from "./explain.ts";
import { persistDeclaration } from "./persist.ts";

const group = "DNS";
const name = { usage: "<name>", description: "whole name of the record: _acme-challenge.example.com" };
const value = { usage: "<values...>", description: "the text itself, without quotes" };

export const dnsWriteFlags = { ...providerFlags, ...lookupFlags, ...propagationFlags };

const setDeclaration: Declaration<typeof dnsWriteFlags> = {
  name: "set",
  group,
  summary: "add TXT values at a name, keep the others, and wait until every server has them",
  args: [name, value],
  flags: dnsWriteFlags,
  examples: [["certwright dns set _acme-challenge.example.com hello --dns cloudflare", ""]],
  load: () => import("../commands/dns-set.ts"),
};

export const dnsRemoveFlags = { ...providerFlags, ...lookupFlags };

const removeDeclaration: Declaration<typeof dnsRemoveFlags> = {
  name: "remove",
  aliases: ["rm"],
  group,
  summary: "remove TXT values at a name, and only these",
  args: [name, value],
  flags: dnsRemoveFlags,
  load: () => import("../commands/dns-remove.ts"),
};

const checkDeclaration: Declaration<typeof dnsWriteFlags> = {
  name: "check",
  aliases: ["test"],
  group,
  summary: "try a provider for a domain without any CA; or see which servers have a value",
  description:
    "With --dns: writes a random value at the challenge name of the domain, waits until every server has it, and removes it: credentials, zone, aliases and propagation, tried without a CA.\nWith a value: asks every authoritative server whether it has that value at that name now.",
  args: [
    { usage: "<name>", description: "domain to try; or, with a value, whole name of the record" },
    { usage: "[value]", description: "value to look for" },
  ],
  flags: dnsWriteFlags,
  examples: [
    ["certwright dns check example.com --dns cloudflare", "does everything work?"],
    ["certwright dns check _acme-challenge.example.com 4Zg...", "who has it?"],
  ],
  load: () => import("../commands/dns-check.ts"),
};

const { zone: _zone, ...setupProviderFlags } = providerFlags;

export const dnsSetupFlags = {
  ...setupProviderFlags,
  out: text("--out <file>", "where to keep what the provider gives, for this user alone", {
    group: "Where it is kept",
    complete: "file",
  }),
};

const setupDeclaration: Declaration<typeof dnsSetupFlags> = {
  name: "setup",
  group,
  summary: "do what a provider needs once for a domain: the registration at acme-dns",
  description:
    "Registers each domain, keeps the accounts in a file, and says which CNAME records to make by hand, once. Nothing else is done: a domain that has an account keeps it.\nTo add domains later, let the file be read, too: --dns-option accounts=file:FILE --out FILE.",
  args: [
    {
      usage: "<domains...>",
      description: "domains that certificates are for; a wildcard needs the same as its domain",
    },
  ],
  flags: dnsSetupFlags,
  examples: [
    [
      "certwright dns setup example.com --dns acmedns --endpoint https://auth.acme-dns.io --out /etc/certwright/acmedns.json",
      "",
    ],
    [
      "certwright issue -d example.com --dns acmedns --endpoint https://auth.acme-dns.io --dns-option accounts=file:/etc/certwright/acmedns.json",
      "then, once the record is there",
    ],
  ],
  load: () => import("../commands/dns-setup.ts"),
};

export const dnsProvidersFlags = {};

const providersDeclaration: Declaration<typeof dnsProvidersFlags> = {
  name: "providers",
  group,
  summary: "DNS providers by name, or one with its options and environment variables",
  args: [
    {
      usage: "[id]",
      description: "provider, path or package; or part of a name, an address, an option or its variable",
      complete: "provider",
    },
  ],
  flags: dnsProvidersFlags,
  examples: [
    ["certwright dns providers cloudflare", "what it needs"],
    ["certwright dns providers google", "those of this name"],
  ],
  load: () => import("../commands/dns-providers.ts"),
};

export const dnsDeclaration: Declaration = {
  name: "dns",
  group,
  summary: "write, remove and look for TXT records; list providers, set one up",
  flags: {},
  commands: [
    setDeclaration,
    removeDeclaration,
    checkDeclaration,
    explainDeclaration,
    persistDeclaration,
    setupDeclaration,
    providersDeclaration,
  ],
};

export const cleanupFlags = { ...providerFlags, ...configFlags };

export const cleanupDeclaration: Declaration<typeof cleanupFlags> = {
  name: "cleanup",
  group,
  summary: "remove records that an interrupted run left behind",
  description:
    "Every record is noted before it is written. This removes those that a run could not remove itself, because it was killed or the DNS failed; the next run does the same.\nThe provider is that of the certificate the record was for; where no certificate came of it, name it with --dns.",
  flags: cleanupFlags,
  load: () => import("../commands/cleanup.ts"),
};
