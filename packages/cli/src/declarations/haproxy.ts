import type { Declaration } from "../command.ts";
import { list, text } from "../flags.ts";
import { nodeConfigFlags, stateAndNewsFlags } from "./config-flag.ts";
import { lookupFlags, propagationFlags, providerFlags } from "./dns-flags.ts";
import { haproxyCheckDeclaration } from "./haproxy-check.ts";
import { mapFlag, whichHaproxy } from "./haproxy-flags.ts";
import { serveNodeDeclaration } from "./serve-node.ts";

const group = "HAProxy";

export const haproxyAgentFlags = {
  master: text("--master <socket>", "master socket, as given to HAProxy by -S", {
    group: whichHaproxy,
    complete: "file",
    shownDefault: "/run/haproxy-master.sock",
  }),
  configFile: list("--config-file <file>", "configuration HAProxy was started with; repeat for several", {
    group: whichHaproxy,
    complete: "file",
    shownDefault: "/etc/haproxy/haproxy.cfg",
  }),
  base: text("--base <dir>", "directory HAProxy's relative paths begin at, where its configuration gives none", {
    group: whichHaproxy,
    complete: "directory",
  }),
  map: mapFlag,
  ...providerFlags,
  ...lookupFlags,
  ...propagationFlags,
  ...stateAndNewsFlags,
};

const agentDeclaration: Declaration<typeof haproxyAgentFlags> = {
  name: "agent",
  group,
  summary: "stand by HAProxy's own ACME: set its dns-01 records, keep its certificates on disk, retry its orders",
  description:
    "Runs until it is stopped. HAProxy 3.2 and later obtain certificates by themselves, but set no DNS records and write nothing to disk. This watches the events of HAProxy through its master socket, sets the records of each order through any DNS provider, tells HAProxy when they can be seen, removes them, writes each new certificate to the file HAProxy loads it from, and begins failed orders again.\nThe provider is that of --dns, or what the acme section of HAProxy says by provider-name and acme-vars. It may be killed at any moment.",
  flags: haproxyAgentFlags,
  examples: [
    ["certwright haproxy agent --master /run/haproxy-master.sock --dns cloudflare", ""],
    ["certwright haproxy agent", "provider and credentials from provider-name and acme-vars"],
  ],
  load: () => import("../commands/haproxy-agent.ts"),
};

export const haproxyNodeFlags = {
  node: list(
    "--node <address>",
    "/run/haproxy/admin.sock, master:/path, tls://host:port?ca=&cert=&key=, agent:// with the same, or the label of a target; repeat for several",
    {
      group: whichHaproxy,
      shownDefault: "/run/haproxy/admin.sock",
    },
  ),
  ...nodeConfigFlags,
};

const statusDeclaration: Declaration<typeof haproxyNodeFlags> = {
  name: "status",
  group,
  summary: "certificates HAProxy obtains by itself, on every node: state, end, next order",
  flags: haproxyNodeFlags,
  load: () => import("../commands/haproxy-status.ts"),
};

const renewDeclaration: Declaration<typeof haproxyNodeFlags> = {
  name: "renew",
  group,
  summary: "have HAProxy obtain a certificate now, on every node that has it",
  args: [{ usage: "<certificates...>", description: "as `certwright haproxy status` names them" }],
  flags: haproxyNodeFlags,
  load: () => import("../commands/haproxy-renew.ts"),
};

export const haproxyDeclaration: Declaration = {
  name: "haproxy",
  group,
  summary: "check a HAProxy; a node agent beside it; its own ACME: an agent for it, its state, orders begun now",
  flags: {},
  commands: [haproxyCheckDeclaration, serveNodeDeclaration, agentDeclaration, statusDeclaration, renewDeclaration],
};
