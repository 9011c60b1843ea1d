import { nearest } from "@certwright/provider";
import { knownHint } from "./check-authority.ts";
import type { Checking } from "./checking.ts";
import { checkExport, exportTargetText } from "./export-target.ts";
import { type DataplaneAccess, dataplaneTargetText, haproxyTargetText } from "./haproxy-target.ts";
import type { Path } from "./located.ts";
import type { FleetConfig } from "./table.ts";
import type { HookConfig } from "./table-hooks.ts";

/** A deploy target that only this file explains; every other is an address that explains itself. */
export type ConfiguredTarget =
  | { readonly kind: "exec"; readonly id: string; readonly hook: HookConfig }
  | { readonly kind: "fleet"; readonly id: string; readonly label: string; readonly fleet: FleetConfig };

/** Every place certificates go to. */
export interface Targets {
  /** By target id. */
  readonly configured: ReadonlyMap<string, ConfiguredTarget>;
  /** Target ids for the entries of a `deploy` list. What is unknown has been told and is left out. */
  readonly choose: (entries: readonly string[]) => readonly string[];
  /** Makes deploy hooks targets, and returns their ids. */
  readonly addHooks: (hooks: readonly HookConfig[], path: Path) => readonly string[];
}

/** Longest id made from a command. */
const longestCommand = 200;

/** The id of a deploy hook: its name, or else its command. A changed command is a new target, which is deployed to. */
export function execTargetId(hook: Pick<HookConfig, "name" | "command">): string {
  return `exec:${hook.name ?? hook.command.join(" ").replace(/\s+/g, " ").slice(0, longestCommand)}`;
}

/** Joins targets, fleets and deploy hooks, and checks every reference to them. */
export function checkTargets(checking: Checking): Targets {
  const { settings, keysOf, tell } = checking;
  const configured = new Map<string, ConfiguredTarget>();
  const ids = new Map<string, string>();
  const add = (target: ConfiguredTarget, path: Path): string => {
    const before = configured.get(target.id);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(target)) {
      tell(path, `is called ${target.id.slice(5)} like another, and differs from it`, "Give each a name of its own.");
    }
    configured.set(target.id, target);
    return target.id;
  };
  for (const [label, target] of Object.entries(settings.targets)) {
    if ("haproxy" in target) ids.set(label, haproxyTargetText(target.haproxy, target, label));
    else if ("export" in target) {
      checkExport(checking, target, label);
      ids.set(label, exportTargetText(target, label));
    } else if ("dataplane" in target) {
      const { url, ...access } = target.dataplane;
      ids.set(label, dataplaneTargetText(url, access, target, label));
      checkAccess(checking, url, access, ["targets", label, "dataplane"]);
    } else {
      const { exec, ...rest } = target;
      const hook = { command: exec, name: label, ...rest };
      ids.set(label, add({ kind: "exec", id: execTargetId(hook), hook }, ["targets", label]));
    }
    if ("haproxy" in target)
      checkNode(checking, target.haproxy, target.tls !== undefined, ["targets", label, "haproxy"]);
  }
  for (const [label, fleet] of Object.entries(settings.fleets)) {
    checkFleet(checking, label, fleet);
    ids.set(label, add({ kind: "fleet", id: `fleet:${label}`, label, fleet }, ["fleets", label]));
  }
  const written = [...keysOf(["targets"]), ...keysOf(["fleets"])];
  for (const label of keysOf(["fleets"])) {
    if (keysOf(["targets"]).includes(label)) {
      tell(
        ["fleets", label],
        "is a target's label, too",
        "Labels of targets and fleets share one list; rename one.",
        "key",
      );
    }
  }
  for (const { path, entries } of deployLists(checking)) {
    for (const entry of entries) {
      if (entry.includes(":") || written.includes(entry)) continue;
      const meant = nearest(entry, written);
      const hint = meant === undefined ? knownHint("targets and fleets", written) : `Did you mean ${meant}?`;
      checking.tellEntry(
        path,
        entry,
        `names no target: ${JSON.stringify(entry)}`,
        `${hint} An address has a colon: haproxy:/run/haproxy/admin.sock.`,
      );
    }
  }
  return {
    configured,
    choose: (entries) => entries.flatMap((entry) => (entry.includes(":") ? entry : (ids.get(entry) ?? []))),
    addHooks: (hooks, path) =>
      hooks.map((hook, index) => add({ kind: "exec", id: execTargetId(hook), hook }, [...path, index])),
  };
}

function deployLists({ settings }: Checking): readonly { readonly path: Path; readonly entries: readonly string[] }[] {
  return [
    { path: ["defaults", "deploy"], entries: settings.defaults.deploy },
    ...Object.entries(settings.certificates).flatMap(([name, { deploy }]) =>
      deploy === undefined ? [] : { path: ["certificates", name, "deploy"], entries: deploy },
    ),
  ];
}

function checkFleet(checking: Checking, label: string, fleet: FleetConfig): void {
  const path: Path = ["fleets", label];
  const { tell } = checking;
  const hasTls = fleet.tls !== undefined;
  if (fleet.quorum !== undefined && fleet.policy !== "quorum") {
    tell(
      [...path, "quorum"],
      `has no meaning with policy ${fleet.policy}`,
      "Leave it out, or write policy: quorum.",
      "key",
    );
  }
  if (fleet.canary !== undefined && fleet.policy !== "canary") {
    tell(
      [...path, "canary"],
      `has no meaning with policy ${fleet.policy}`,
      "Leave it out, or write policy: canary.",
      "key",
    );
  }
  if (fleet.dataplane !== undefined) checkAccess(checking, "https://", fleet.dataplane, [...path, "dataplane"]);
  if ("nodes" in fleet)
    for (const [index, node] of fleet.nodes.entries()) checkNode(checking, node, hasTls, [...path, "nodes", index]);
  if (!("dns" in fleet)) return;
  if (fleet.dns.type === "address" && fleet.dns.port === undefined) {
    tell([...path, "dns"], "does not say which port nodes listen on", "Add port, or write type: srv.");
  }
  if (!hasTls && fleet.dataplane === undefined)
    tell(
      path,
      "reaches nodes over the network without tls",
      "Add tls: { ca, cert, key } or dataplane: { ... }; private keys are never sent in the clear.",
      "key",
    );
}

function checkAccess({ tell }: Checking, url: string, access: DataplaneAccess, path: Path): void {
  if ((access.cert === undefined) !== (access.key === undefined))
    tell(path, "has only one of cert and key", "A client certificate needs both.");
  if (access.password !== undefined && access.user === undefined)
    tell([...path, "password"], "is that of no user", "Say whose with user.", "key");
  if (/\/v\d+\/*$/.test(url)) tell([...path, "url"], "ends in a version", "Leave it out; version 3 is spoken.");
}

/** What can be said of a node's address without knowing HAProxy; the rest is said when it is used. */
function checkNode({ tell }: Checking, node: string, hasTls: boolean, path: Path): void {
  if (node.includes("?")) {
    tell(path, "has a question mark", "Say the rest with keys beside it: check, add, file, tls.");
  } else if (/^(?:tls|agent):\/\//.test(node) && !hasTls) {
    tell(path, "is reached over TLS, and no certificate is given", "Add tls: { ca, cert, key } beside it.");
  } else if (/^dataplane:.*@/.test(node)) {
    tell(path, "names a user", "Say it beside the nodes: dataplane: { user, password }.");
  } else if (!/^(?:unix:|master:)?\/|^(?:tls|tcp|agent|dataplane:https?):\/\//.test(node)) {
    tell(
      path,
      `is no address of a HAProxy: ${JSON.stringify(node.slice(0, 60))}`,
      "Write /path of its socket, master:/path, tls://host:port, agent://host:port, tcp://127.0.0.1:port or dataplane:https://host:port.",
    );
  }
}
