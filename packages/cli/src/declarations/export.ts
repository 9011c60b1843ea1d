import type { Declaration } from "../command.ts";
import { choice, list, text } from "../flags.ts";
import { stateFlags } from "./config-flag.ts";

const what = { group: "What to write" };

/** As `@certwright/export` has them; that is loaded only when something is exported. */
const formats = ["pem", "files", "pkcs12", "pkcs12-legacy"] as const;

export const exportFlags = {
  out: text("--out <path>", "the file to write; with --format files the directory", { ...what, complete: "file" }),
  format: choice("--format <format>", `one of ${formats.join(", ")}`, { ...what, shownDefault: "pem" }, formats),
  parts: list("--parts <parts>", "what is in a PEM file, in this order: leaf, chain, key, fullchain", {
    ...what,
    complete: ["leaf", "chain", "key", "fullchain"],
    shownDefault: "leaf,chain,key",
  }),
  owner: text("--owner <user:group>", "whom it belongs to, by name or number; left out: as it was", what),
  mode: text("--mode <octal>", "who may read it; left out: as it was", { ...what, shownDefault: "0600" }),
  password: text("--password <where>", "where the password of a PKCS#12 file is: env:NAME or file:PATH", what),
  passwordFile: text("--password-file <file>", "a file whose first line it is; an empty file stands for none", {
    ...what,
    complete: "file",
  }),
  ...stateFlags,
};

export const exportDeclaration: Declaration<typeof exportFlags> = {
  name: "export",
  group: "Certificates",
  summary: "write a stored certificate and its key to a file: combined PEM, separate files or PKCS#12",
  description:
    "Writes a stored certificate to a file of its own, in one step, with its owner and mode before it can be seen.\nTo have it written anew at each renewal, make it a target: --deploy 'export:/path?format=...' or `targets` of the configuration.",
  args: [{ usage: "<name>", description: "certificate, as `certwright list` names it", complete: "certificate" }],
  flags: exportFlags,
  examples: [
    ["certwright export example.com --out /etc/haproxy/certs/site.pem --owner haproxy:haproxy", "for HAProxy"],
    ["certwright export example.com --out /etc/nginx/tls --format files", "privkey.pem, fullchain.pem and the rest"],
    [
      "certwright export example.com --out site.p12 --format pkcs12 --password env:KEYSTORE_PASSWORD --owner tomcat --mode 0400",
      "for Java",
    ],
  ],
  load: () => import("../commands/export.ts"),
};
