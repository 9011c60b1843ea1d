import type { Declaration } from "../command.ts";
import { list, text } from "../flags.ts";
import { nodeConfigFlags } from "./config-flag.ts";
import { mapFlag, whichHaproxy } from "./haproxy-flags.ts";

export const haproxyCheckFlags = {
  node: text(
    "--node <address>",
    "its Runtime API: /run/haproxy/admin.sock, master:/path, tls://host:port?ca=&cert=&key=, or the label of a target",
    {
      group: whichHaproxy,
      shownDefault: "/run/haproxy/admin.sock",
    },
  ),
  configFile: list("--config-file <file>", "configuration HAProxy was started with; repeat for several", {
    group: whichHaproxy,
    complete: "file",
    shownDefault: "what the running process was started with, or /etc/haproxy/haproxy.cfg",
  }),
  base: text("--base <dir>", "directory HAProxy's relative paths begin at", {
    group: whichHaproxy,
    complete: "directory",
  }),
  map: mapFlag,
  ...nodeConfigFlags,
};

export const haproxyCheckDeclaration: Declaration<typeof haproxyCheckFlags> = {
  name: "check",
  group: "HAProxy",
  summary: "what will work with this HAProxy and what will not, from its configuration and the running process",
  description:
    "Reads the configuration and asks the running process; nothing is changed. Looks at levels of sockets, TLS where HAProxy ignores it and where there is none, buffer size against certificates, keys others can read, names that two certificates answer, files out of step with memory, and certificates that cannot be added at run time. Exit code 1 where something will not work.",
  flags: haproxyCheckFlags,
  examples: [
    ["certwright haproxy check", "the HAProxy of this machine"],
    ["certwright haproxy check --config-file /etc/haproxy/haproxy.cfg --node master:/run/haproxy-master.sock", ""],
  ],
  load: () => import("../commands/haproxy-check.ts"),
};
