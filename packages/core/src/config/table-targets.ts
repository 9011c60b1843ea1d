import { list, object, variants } from "./collections.ts";
import { address, choice, duration, flag, integer, parsed, path, percentage, text } from "./scalars.ts";
import { argv, keyRef, secretRef } from "./secret-type.ts";
import { programKeys } from "./table-hooks.ts";
import { filled, type Infer, optional, required } from "./type.ts";

const tls = object("node-tls", "Files for client-authenticated TLS towards a node, PEM.", {
  ca: required(path, "CA that signed the node's certificate."),
  cert: required(path, "Our client certificate."),
  key: required(keyRef, "Its key: a file, or where else it is."),
  serverName: optional(text({ longest: 253 }), "Name the node's certificate must have.", "the host"),
});

/** A node as `--deploy` names it, too. */
const node = parsed(text(), (written) => written.replace(/^haproxy:/, ""));

const add = object("haproxy-add", "Where in HAProxy a certificate it does not have yet is attached.", {
  list: required(text(), "A directory or crt-list as HAProxy names it, or `@frontend` for `ssl-f-use`."),
  as: optional(text(), "File name of a new certificate.", "the certificate's name and `.pem`"),
  options: optional(text(), "Options of its line, such as `alpn h2 ssl-min-ver TLSv1.2`."),
  filters: optional(
    list(text({ longest: 253 }), { distinct: true }),
    "Names to serve it for instead of those inside it.",
  ),
});

const mapping = object("path-mapping", "A path prefix of a HAProxy in a container or chroot, and what it is here.", {
  haproxy: required(
    text({ pattern: /^\/[^:]*$/, expected: "a path that starts with / and has no colon" }),
    "As HAProxy sees it.",
  ),
  local: required(
    text({ pattern: /^\/[^:]*$/, expected: "a path that starts with / and has no colon" }),
    "As it is here.",
  ),
});

const accessKeys = {
  user: optional(
    text({ longest: 256, pattern: /^[^:]+$/, expected: "a name without a colon" }),
    "User of the API.",
    "none; a client certificate is enough",
  ),
  password: optional(secretRef, "The user's password.", "`CERTWRIGHT_DATAPLANE_PASSWORD` or `..._FILE`"),
  ca: optional(path, "CA that signed the API's certificate.", "the system's"),
  cert: optional(path, "Our client certificate, where the API asks for one."),
  key: optional(keyRef, "Its key: a file, or where else it is."),
  serverName: optional(text({ longest: 253 }), "Name the API's certificate must have.", "the host"),
};

const dataplaneApi = object("dataplane-api", "The Data Plane API (version 3) of a HAProxy.", {
  url: required(
    text({ pattern: /^https?:\/\/[^@?#]+$/, expected: "https://host:5555, and the user beside it" }),
    "Its URL without a version, `https://host:5555`; `http://` on this machine only.",
  ),
  ...accessKeys,
});

const dataplaneAccess = object(
  "dataplane-access",
  "How nodes named `dataplane:https://host:port` are reached.",
  accessKeys,
);

/** Which certificate is meant at a HAProxy, and what must be so afterwards. */
const placingKeys = {
  certificate: optional(
    text(),
    "Name of the certificate to replace, as HAProxy shows it.",
    "the one there that has these names",
  ),
  add: optional(add, "Where to attach a certificate HAProxy does not have.", "it is told that a reload is needed"),
  check: optional(
    list(address({ anyHost: false }), { distinct: true }),
    "Addresses that must present the certificate in a TLS handshake afterwards.",
    "HAProxy's own word counts",
  ),
  allowFewerNames: filled(flag, false, "Replace a certificate even if the new one lacks names of it."),
};

const reload = filled(
  flag,
  false,
  "Let a Data Plane API reload HAProxy where it cannot take a certificate at run time.",
);

/** How certificates are brought to a HAProxy over its Runtime API, whichever it is. */
const pushKeys = {
  ...placingKeys,
  writeFiles: filled(flag, true, "Keep HAProxy's files in step, so that its next reload agrees with its memory."),
  file: optional(path, "The certificate's file here.", "where HAProxy says"),
  keyFile: optional(path, "The key's file here, where they are apart."),
  map: optional(list(mapping), "HAProxy's path prefixes and what they are here."),
  tls: optional(tls, "Client-authenticated TLS towards the node; needed for `tls://` and `agent://` addresses."),
};

const haproxyTarget = object("haproxy-target", "One HAProxy.", {
  haproxy: required(
    node,
    "Its Runtime API: `/run/haproxy/admin.sock`, `master:/run/haproxy/master.sock`, `tls://host:port`, or `tcp://127.0.0.1:port`; or its node agent, `agent://host:port`.",
  ),
  ...pushKeys,
});

const dataplaneTarget = object("dataplane-target", "One HAProxy, through its Data Plane API.", {
  dataplane: required(dataplaneApi, "The API."),
  ...placingKeys,
  reload,
});

const execTarget = object(
  "exec-target",
  "A program that brings a certificate somewhere. Exit code 0 says that it arrived.",
  {
    exec: required(argv, "Program and arguments. No shell."),
    ...programKeys,
  },
);

const exportTarget = object("export-target", "A file other programs read, written anew at each renewal.", {
  export: required(
    path,
    "The file; with format `files` the directory. `{name}` in it stands for the certificate's name.",
  ),
  format: filled(
    choice("pem", "files", "pkcs12", "pkcs12-legacy"),
    "pem",
    "One PEM file; `privkey.pem`, `cert.pem`, `chain.pem` and `fullchain.pem`; or PKCS#12, with the ciphers of old programs if need be.",
  ),
  parts: optional(
    list(choice("leaf", "chain", "key"), { least: 1, distinct: true }),
    "What is in a PEM file, in this order.",
    "leaf, chain, key",
  ),
  owner: optional(
    text({ longest: 200, pattern: /^(?:[^:\s]+(?::[^:\s]+)?|:[^:\s]+)$/, expected: "user, user:group or :group" }),
    "Whom it belongs to, by name or number.",
    "that of the file before, else the user Certwright runs as",
  ),
  mode: optional(
    text({ pattern: /^0?[4-7][0-7]{2}$/, expected: "the mode in octal, such as 0640" }),
    "Who may read it.",
    "that of the file before, else 0600",
  ),
  password: optional(secretRef, "For PKCS#12: its password."),
  passwordFile: optional(
    path,
    "For PKCS#12, in place of `password`: a file whose first line is the password; an empty one stands for none.",
  ),
});

export type ExportConfig = Infer<typeof exportTarget>;

export const target = variants({
  haproxy: haproxyTarget,
  dataplane: dataplaneTarget,
  exec: execTarget,
  export: exportTarget,
});

const discovery = object("dns-nodes", "Nodes found in the DNS, each time they are needed.", {
  name: required(text({ longest: 253 }), "A name with one A or AAAA record per node, or the name of SRV records."),
  type: filled(choice("address", "srv"), "address", "Which records."),
  port: optional(integer(1, 65_535), "Port of every node; needed for `address`."),
  agent: filled(flag, false, "Node agents listen there, and not TLS in front of a Runtime API."),
});

const canary = object("canary", "How a canary goes first.", {
  nodes: filled(integer(1, 1000), 1, "How many nodes are first."),
  wait: filled(duration("1s", "1d"), "1m", "How long they must serve it before the others get it."),
});

const fleetKeys = {
  policy: filled(
    choice("all", "quorum", "best-effort", "canary"),
    "all",
    "When the fleet counts as deployed: on all nodes, on more than half, on any, or on all after some went first. Late nodes catch up in every case.",
  ),
  quorum: optional(percentage, "With policy `quorum`: the share of nodes that is enough.", "more than half"),
  canary: optional(canary, "With policy `canary`: which and how long.", "one node, one minute"),
  parallel: filled(integer(1, 1000), 16, "Nodes at a time."),
  ...pushKeys,
  dataplane: optional(
    dataplaneAccess,
    "Nodes are reached through their Data Plane APIs: those found in the DNS, and those named `dataplane:https://...`.",
  ),
  reload,
};

const listedFleet = object("fleet-of-nodes", "A fleet whose nodes are named here.", {
  nodes: required(
    list(node, { least: 1, distinct: true }),
    "Their Runtime APIs, as in `haproxy` of a target; or `dataplane:https://host:port`.",
  ),
  ...fleetKeys,
});

const foundFleet = object("fleet-from-dns", "A fleet whose nodes are found in the DNS.", {
  dns: required(discovery, "Where."),
  ...fleetKeys,
});

const toldFleet = object("fleet-from-command", "A fleet whose nodes a program prints, one address a line.", {
  command: required(argv, "Program and arguments. No shell."),
  commandTimeout: filled(
    duration("1s", "5m"),
    "30s",
    "After this time the program is ended, and the nodes known before are used.",
  ),
  ...fleetKeys,
});

export const fleet = variants({ nodes: listedFleet, dns: foundFleet, command: toldFleet });
