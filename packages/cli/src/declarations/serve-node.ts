import type { Declaration } from "../command.ts";
import { list, read, repeated, text, toggle } from "../flags.ts";
import { readListenAddress } from "../parts/listen-address.ts";
import { mapFlag, whichHaproxy } from "./haproxy-flags.ts";

const who = "Who may come";
const what = "What they may bring";

export const serveNodeFlags = {
  node: text("--node <address>", "its Runtime API on this machine: /run/haproxy/admin.sock, master:/path", {
    group: whichHaproxy,
    shownDefault: "/run/haproxy/admin.sock",
  }),
  map: mapFlag,
  check: list(
    "--check <host:port>",
    "address that must present each certificate after its push; where it fails since, the former is put back",
    { group: whichHaproxy },
  ),
  listen: read(
    "--listen <host:port>",
    "where clients come to; with a port alone, on every address",
    { group: who },
    readListenAddress,
  ),
  cert: text("--cert <file>", "the agent's own certificate for this address, with its chain", {
    group: who,
    complete: "file",
  }),
  key: text("--key <file>", "its key", { group: who, complete: "file" }),
  clientCa: text("--client-ca <file>", "CA of the clients: nobody without a certificate of it gets in", {
    group: who,
    complete: "file",
  }),
  clientCrl: text(
    "--client-crl <file>",
    "lists of certificates that do not count any more, one of each CA on the way to a client's",
    {
      group: who,
      complete: "file",
    },
  ),
  client: list("--client <names>", "clients by a name in their certificate", {
    group: who,
    shownDefault: "every one of that CA",
  }),
  allowName: list("--allow-name <names>", "names certificates may have: example.com, *.example.com, or * for any", {
    group: what,
  }),
  allowCertificate: repeated(
    "--allow-certificate <name>",
    "certificate that may be changed, as HAProxy names it; /etc/haproxy/certs/* for all of a folder; repeat for several",
    { group: what, shownDefault: "those that have only names allowed" },
  ),
  allowAdd: repeated(
    "--allow-add <list>",
    "directory, crt-list or @frontend new certificates may be attached to; repeat for several",
    { group: what, shownDefault: "none" },
  ),
  allowIssuer: text("--allow-issuer <file>", "CAs of which one must have signed each certificate", {
    group: what,
    complete: "file",
    shownDefault: "any",
  }),
  httpMap: text("--http-map <map>", "map of HAProxy that answers to http-01 go into, for the names allowed", {
    group: what,
    shownDefault: "no http-01",
  }),
  allowRenew: toggle("--allow-renew", "have HAProxy's own ACME order certificates anew that may be changed", {
    group: what,
  }),
  allowFewerNames: toggle("--allow-fewer-names", "replace a certificate even if the new one lacks names of it", {
    group: what,
  }),
};

export const serveNodeDeclaration: Declaration<typeof serveNodeFlags> = {
  name: "serve-node",
  group: "HAProxy",
  summary: "be the node agent of a HAProxy whose socket stays local: takes certificates from named clients over mTLS",
  description:
    "Runs beside one HAProxy until it is stopped. Clients prove themselves by TLS certificates, and can do a few things: bring a certificate, which is checked, written to disk, pushed without a reload and verified; ask what is there; and, where it is allowed, have an http-01 challenge answered and an order of HAProxy's own ACME begun. No command of the Runtime API passes, no key is handed out, and nothing outside the allow-list is changed.\nDeploy to it with haproxy:agent://host:port?ca=FILE&cert=FILE&key=FILE. At SIGHUP it reads its certificate, the CA and the list of revoked clients anew.",
  flags: serveNodeFlags,
  examples: [
    [
      "certwright haproxy serve-node --listen 9444 --cert node.pem --key node.key --client-ca deployers.pem --client deployer.example.com --allow-name example.com,*.example.com",
      "",
    ],
    [
      "certwright deploy example.com 'haproxy:agent://lb1.example.com:9444?ca=ca.pem&cert=me.pem&key=me.key'",
      "from the other side",
    ],
  ],
  load: () => import("../commands/serve-node.ts"),
};
