import { list, read, text, toggle } from "../flags.ts";
import { readListenAddress } from "../parts/listen-address.ts";
import { readHttpWhere } from "../ways.ts";

const group = "How names are proved";

/** Checked when it is read, kept as it was written. */
function listenText(value: string): string {
  readListenAddress(value);
  return value;
}

/** Ways to prove names besides `--dns`; their order on the command line is the order of preference. */
export const wayFlags = {
  dnsAccount: list("--dns-account <provider>", "the same at a name of the account's own (dns-account-01)", {
    group,
    complete: "provider",
  }),
  dnsPersist: toggle(
    "--dns-persist",
    "by a record that stands already (dns-persist-01; see: certwright dns persist); with --dns it is used by itself",
    { group },
  ),
  http: {
    ...read(
      "--http [where]",
      "by http-01: standalone, a server of our own; host:port, the same behind a forward; haproxy:NODE[,NODE...], from a map of each; stateless, what listens there answers from the account's thumbprint",
      { group, shownDefault: "standalone, on port 80" },
      readHttpWhere,
    ),
    preset: "standalone",
  },
  httpListen: read(
    "--http-listen <host:port>",
    "by http-01 with a server of our own on another address",
    { group },
    listenText,
  ),
  httpMap: text(
    "--http-map <name>",
    "the map haproxy: fills, as HAProxy's configuration names it; a node agent has its own",
    {
      group,
      shownDefault: "virt@acme",
    },
  ),
  webroot: text("--webroot <dir>", "by http-01 with files under the directory of a web server that runs already", {
    group,
    complete: "directory",
  }),
  selfCheck: toggle("--no-self-check", "do not ask for http-01 answers ourselves before the CA does", { group }),
  tlsAlpn: toggle("--tls-alpn", "by tls-alpn-01, with a server of our own on port 443", { group }),
  tlsAlpnListen: read("--tls-alpn-listen <host:port>", "the same on another address", { group }, listenText),
};
