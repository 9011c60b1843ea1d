import type { Declaration } from "../command.ts";
import { usageError } from "../errors.ts";
import { choice, list, read, repeated, text, toggle } from "../flags.ts";
import { configFlags } from "./config-flag.ts";

const group = "HAProxy";
const which = "Which nodes";
const how = "How they are pushed to";

const names = {
  usage: "[certificates...]",
  description: "as `certwright list` names them; left out: all that go to the fleet",
  complete: "certificate",
} as const;

function countOf(flag: string, most: number): (value: string) => number {
  return (value) => {
    const count = Number(value);
    if (/^\d{1,9}$/.test(value) && count >= 1 && count <= most) return count;
    throw usageError(`${flag} cannot be ${JSON.stringify(value)}`, `Give a whole number from 1 to ${most}.`);
  };
}

/** Which fleet: one of the configuration, or nodes named here. */
export const fleetFlags = {
  ...configFlags,
  fleet: list("--fleet <labels>", "fleets of the configuration; with nodes named here, what this fleet is called", {
    group: which,
    shownDefault: "all of the configuration",
  }),
  node: repeated(
    "--node <address>",
    "a node, as a deploy target: haproxy:/run/haproxy/admin.sock or dataplane:https://user@host:5555; repeat for several",
    {
      group: which,
    },
  ),
  nodesDns: text(
    "--nodes-dns <name>",
    "nodes by the addresses of a name, name:port; or by SRV records, _haproxy._tcp.example.com; agent:// before it for node agents",
    { group: which },
  ),
  nodesCommand: repeated(
    "--nodes-command <word>",
    "a program that prints one address a line; repeat for each of its arguments",
    { group: which },
  ),
  nodeCa: text("--node-ca <file>", "CA that signed the certificates of nodes reached by tls:// or agent://", {
    group: which,
    complete: "file",
  }),
  nodeCert: text("--node-cert <file>", "our client certificate towards them", { group: which, complete: "file" }),
  nodeKey: text("--node-key <file>", "its key", { group: which, complete: "file" }),
  check: list("--check <host:port>", "address that must present the certificates; node:443 is each node's own", {
    group: which,
  }),
};

export const fleetPushFlags = {
  ...fleetFlags,
  policy: choice(
    "--policy <policy>",
    "when it counts as done, and whether some nodes go first",
    { group: how, shownDefault: "the configuration's, or all" },
    ["all", "quorum", "best-effort", "canary"],
  ),
  quorum: read("--quorum <nodes>", "how many nodes are enough, 12 or 60%", { group: how }, (value) => {
    const [, digits = "", percent] = /^(\d{1,5})(%?)$/.exec(value) ?? [];
    const amount = Number(digits);
    if (amount >= 1 && (percent === "" || amount <= 100)) {
      return percent === "" ? { nodes: amount } : { share: amount / 100 };
    }
    throw usageError(`--quorum cannot be ${JSON.stringify(value)}`, "Give a number of nodes, or a share: 12 or 60%.");
  }),
  canaryNodes: read(
    "--canary-nodes <count>",
    "how many nodes go first",
    { group: how, shownDefault: "1" },
    countOf("--canary-nodes", 1000),
  ),
  canaryWait: read(
    "--canary-wait <seconds>",
    "how long these must serve it before the others get it",
    { group: how, shownDefault: "60" },
    countOf("--canary-wait", 86_400),
  ),
  parallel: read(
    "--parallel <nodes>",
    "nodes at a time",
    { group: how, shownDefault: "the configuration's, or 16" },
    countOf("--parallel", 1000),
  ),
  due: toggle("--due", "only what is due: not where it is already, nor where the next try is later", { group: how }),
};

const statusFlags = {
  ...fleetFlags,
  late: toggle("--late", "only what is not as it should be", { group: "What to show" }),
};
export type FleetStatusFlags = typeof statusFlags;

const statusDeclaration: Declaration<FleetStatusFlags> = {
  name: "status",
  group,
  summary: "how far each certificate got on each node: wanted, accepted, served, failures, next try",
  description:
    "Tells what is remembered of the last pushes; no node is asked. Exit code 3 where a node lacks a certificate.",
  args: [names],
  flags: statusFlags,
  load: () => import("../commands/fleet-status.ts"),
};

const driftDeclaration: Declaration<FleetStatusFlags> = {
  name: "drift",
  group,
  summary: "compare the store with each node's disk, its memory, and what a TLS handshake shows",
  description:
    "Asks every node, and changes nothing. Exit code 3 where something differs, 1 where a node cannot be asked.",
  args: [names],
  flags: statusFlags,
  examples: [["certwright fleet drift --node haproxy:/run/haproxy/admin.sock --check 127.0.0.1:443", ""]],
  load: () => import("../commands/fleet-drift.ts"),
};

const pushDeclaration: Declaration<typeof fleetPushFlags> = {
  name: "push",
  group,
  summary: "push stored certificates to all nodes now, whatever was done before",
  description:
    "Every node is tried, also those whose next try is later; what is there already is only looked at. Exit code 3 where a node lacks a certificate afterwards.",
  args: [names],
  flags: fleetPushFlags,
  examples: [
    ["certwright fleet push --config certwright.yaml --fleet edge", ""],
    [
      "certwright fleet push --nodes-dns edge.example.com:8443 --node-ca ca.pem --node-cert me.pem --node-key me.key",
      "",
    ],
    ["certwright fleet push example.com --policy canary --canary-nodes 2 --canary-wait 300", ""],
  ],
  load: () => import("../commands/fleet-push.ts"),
};

export const fleetDeclaration: Declaration = {
  name: "fleet",
  group,
  summary: "many HAProxy nodes with the same certificates: push, state, drift",
  flags: {},
  commands: [statusDeclaration, driftDeclaration, pushDeclaration],
};
