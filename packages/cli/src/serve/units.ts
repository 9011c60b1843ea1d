/** How the units start certwright. */
export interface UnitOptions {
  /** Program and first arguments, absolute: `/usr/bin/certwright`, or Node and the script. */
  readonly program: readonly string[];
  /** The configuration, absolute; undefined: the one `renew` finds by itself. */
  readonly config: string | undefined;
  /** Where state was said to be kept, `s3:` or an absolute directory; undefined: where the configuration says, else the usual place. */
  readonly state?: string;
  /** The directory state is in, where it is not the usual one. */
  readonly stateDirectory?: string;
  /** For a user's own systemd, where most of the sandbox does not work. */
  readonly isUser: boolean;
}

/** Where the machine's configuration is. */
const systemConfig = "/etc/certwright/certwright.yaml";

/** The units by file name: the service, and a timer with the run it starts, for those who prefer that. */
export function unitFiles(options: UnitOptions): ReadonlyMap<string, string> {
  return new Map([
    ["certwright.service", serviceUnit(options)],
    ["certwright-renew.service", renewUnit(options)],
    ["certwright-renew.timer", timerUnit],
  ]);
}

/** The machine's units as a distribution's package would bring them. */
export function packagedUnits(): ReadonlyMap<string, string> {
  return unitFiles({ program: ["/usr/bin/certwright"], config: undefined, isUser: false });
}

function serviceUnit(options: UnitOptions): string {
  const { program, config, isUser } = options;
  return unit({
    Unit: ["Description=Certwright keeps certificates renewed and live", ...afterNetwork(isUser)],
    Service: [
      "Type=notify",
      // systemd-notify is a program of its own, not the main process.
      "NotifyAccess=all",
      `ExecStart=${commandLine([...program, "serve", "--config", config ?? (isUser ? "%E/certwright/certwright.yaml" : systemConfig)], isUser)}`,
      "ExecReload=/bin/kill -HUP $MAINPID",
      "Restart=on-failure",
      "RestartSec=30s",
      // A configuration with faults does not get better by itself.
      "RestartPreventExitStatus=2",
      "WatchdogSec=5min",
      "TimeoutStartSec=5min",
      "TimeoutStopSec=3min",
      ...surroundings(options),
    ],
    Install: [`WantedBy=${isUser ? "default" : "multi-user"}.target`],
  });
}

function renewUnit(options: UnitOptions): string {
  const { program, config, isUser } = options;
  const args = [...program, "renew", ...(config === undefined ? [] : ["--config", config])];
  return unit({
    Unit: ["Description=Renew certificates that are due", ...afterNetwork(isUser)],
    Service: [
      "Type=oneshot",
      `ExecStart=${commandLine(args, isUser)}`,
      "TimeoutStartSec=1h",
      "TimeoutStopSec=3min",
      ...surroundings(options),
    ],
  });
}

/** With the delay, never more than an hour and a half between two runs: certificates of 160 hours have a window of three. */
const timerUnit = unit({
  Unit: ["Description=Renew certificates that are due, every hour"],
  Timer: ["OnCalendar=hourly", "RandomizedDelaySec=30min", "AccuracySec=1min", "Persistent=true"],
  Install: ["WantedBy=timers.target"],
});

function afterNetwork(isUser: boolean): readonly string[] {
  return isUser ? [] : ["Wants=network-online.target", "After=network-online.target nss-lookup.target"];
}

/**
 * State, secrets, and what the processes are kept from. HAProxy's own folders must stay writable. Where state is kept is
 * said only where it was said to us, since that comes before the configuration.
 */
function surroundings({ state, stateDirectory, isUser }: UnitOptions): readonly string[] {
  const said = state === undefined ? [] : [`Environment=${quoted(`CERTWRIGHT_STATE=${state.replaceAll("%", "%%")}`)}`];
  const common = ["UMask=0077", "NoNewPrivileges=yes", ...said];
  if (isUser) return [...common, "EnvironmentFile=-%E/certwright/environment"];
  const writable = stateDirectory === undefined ? [] : [quoted(`-${stateDirectory.replaceAll("%", "%%")}`)];
  return [
    ...common,
    "EnvironmentFile=-/etc/certwright/environment",
    "StateDirectory=certwright",
    "StateDirectoryMode=0700",
    "ProtectSystem=strict",
    `ReadWritePaths=${["-/etc/haproxy", "-/run/haproxy", "-/var/lib/haproxy", ...writable].join(" ")}`,
    "ProtectHome=read-only",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "LockPersonality=yes",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    // Keys and certificates keep the owner they had; ports below 1024 are for challenges.
    "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID",
  ];
}

function unit(sections: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(sections)
    .map(([name, lines]) => `[${name}]\n${lines.join("\n")}\n`)
    .join("\n");
}

/** As systemd.service(5) reads command lines: specifiers and variables doubled, blanks in quotes. */
function commandLine(words: readonly string[], isUser: boolean): string {
  return words
    .map((word) => {
      const isOurs = isUser && word.startsWith("%E/");
      return quoted((isOurs ? word : word.replaceAll("%", "%%")).replaceAll("$", "$$$$"));
    })
    .join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./$-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`;
}
