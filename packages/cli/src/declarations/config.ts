import type { Declaration } from "../command.ts";
import { list, text, toggle } from "../flags.ts";
import { configFlags } from "./config-flag.ts";
import { lookupFlags, propagationFlags, providerFlags } from "./dns-flags.ts";
import { caFlags } from "./issue.ts";

const group = "Configuration";

export const configCheckFlags = {
  ...configFlags,
  secrets: toggle("--secrets", "also look whether every secret it refers to is there", { group }),
  store: toggle("--store", "also try the place where state is kept: reach it, lock, write, read back, remove", {
    group,
  }),
};

const checkDeclaration: Declaration<typeof configCheckFlags> = {
  name: "check",
  group,
  summary: "read the configuration, and tell every fault with its line and column",
  description:
    "Reads the file as every command does, and does nothing else. Exit code 2 where it has faults. With --secrets also the variables, files and programs its secrets come from, with --store the place of its state.",
  args: [{ usage: "[file]", description: "the file; left out: the one other commands would use", complete: "file" }],
  flags: configCheckFlags,
  examples: [["certwright config check certwright.yaml", "before a reload"]],
  load: () => import("../commands/config-check.ts"),
};

export const configSchemaFlags = {};

const schemaDeclaration: Declaration<typeof configSchemaFlags> = {
  name: "schema",
  group,
  summary: "the JSON Schema of the configuration, for editors",
  flags: configSchemaFlags,
  examples: [["certwright config schema > certwright.schema.json", ""]],
  load: () => import("../commands/config-schema.ts"),
};

const exampleDeclaration: Declaration<typeof configSchemaFlags> = {
  name: "example",
  group,
  summary: "a configuration that shows every part of the file at work",
  flags: configSchemaFlags,
  load: () => import("../commands/config-example.ts"),
};

export const configDeclaration: Declaration = {
  name: "config",
  group,
  summary: "check the configuration file; its schema; an example",
  flags: {},
  commands: [checkDeclaration, schemaDeclaration, exampleDeclaration],
};

const answers = { group: "Answers, so that nothing is asked" };

export const initFlags = {
  domain: list("-d, --domain <names>", "names of the first certificate; repeat or separate by commas", answers),
  ...providerFlags,
  dnsResolvers: lookupFlags.dnsResolvers,
  dnsNameservers: propagationFlags.dnsNameservers,
  server: caFlags.server,
  email: caFlags.email,
  acceptTos: caFlags.acceptTos,
  deploy: list("--deploy <target>", "where it goes: haproxy:/run/haproxy/admin.sock", answers),
  check: toggle("--check", "try the provider before the file is written, without any CA", { group }),
  out: text("-o, --out <file>", "file to write; one that is there is never overwritten", {
    group,
    complete: "file",
    shownDefault: "./certwright.yaml",
  }),
};

export const initDeclaration: Declaration<typeof initFlags> = {
  name: "init",
  group,
  summary: "write a first configuration, from questions or from flags",
  description:
    "Asks what it is not told by flags, where somebody is there to answer, and writes the file. Secrets are referred to, never written.",
  flags: initFlags,
  examples: [
    ["certwright init", "asks"],
    [
      "certwright init -d example.com,*.example.com --dns cloudflare --email me@example.com --accept-tos --check",
      "does not",
    ],
  ],
  load: () => import("../commands/init.ts"),
};
