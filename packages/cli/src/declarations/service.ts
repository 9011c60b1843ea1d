import type { Declaration } from "../command.ts";
import { read, text, toggle } from "../flags.ts";
import { readListenAddress } from "../parts/listen-address.ts";
import { configFlags } from "./config-flag.ts";

const group = "Service";

/** Checked when it is read, kept as it was written. */
function listenText(value: string): string {
  readListenAddress(value);
  return value;
}

export const serveFlags = {
  ...configFlags,
  listen: read(
    "--listen <host:port>",
    "where metrics and health are served, on this machine; other addresses only by serve.listen of the configuration",
    { group, shownDefault: "serve.listen of the configuration, else nowhere" },
    listenText,
  ),
};

export const serveDeclaration: Declaration<typeof serveFlags> = {
  name: "serve",
  group,
  summary: "keep all certificates of the configuration renewed and live, until stopped",
  description:
    "Looks at each certificate on a schedule of its own, renews what is due, deploys what is not live, tells who asked to be told, and answers /metrics, /healthz and /readyz.\nReads its configuration anew when the file changes or at SIGHUP; a file with faults changes nothing. SIGTERM ends it after clean-up.",
  flags: serveFlags,
  examples: [["certwright serve --config /etc/certwright/certwright.yaml", "what the systemd unit runs"]],
  load: () => import("../commands/serve.ts"),
};

export const installTimerFlags = {
  user: toggle("--user", "for the user's own systemd instead of the machine's", { group }),
  dir: text("--dir <dir>", "where the units are written", {
    group,
    complete: "directory",
    shownDefault: "/etc/systemd/system; with --user ~/.config/systemd/user",
  }),
  dryRun: toggle("--dry-run", "show the units, and write nothing", { group }),
  ...configFlags,
};

export const installTimerDeclaration: Declaration<typeof installTimerFlags> = {
  name: "install-timer",
  group,
  summary: "write systemd units that renew several times a day; and one for the service",
  description:
    "Writes certwright-renew.service and certwright-renew.timer, and certwright.service for those who prefer the service. They work from the configuration that is used here, else from what `certwright issue` stored, and keep state where --state or the configuration says. Nothing is started: it says how to. A unit that is there and differs is left as it is.",
  flags: installTimerFlags,
  examples: [["certwright install-timer --dry-run", "what would be written"]],
  load: () => import("../commands/install-timer.ts"),
};
