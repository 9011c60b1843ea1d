import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { type DebianSource, findDebianSource } from "./debian-mirror.ts";
import { type ServerGroup, type ServerGroupName, serverGroups } from "./groups.ts";
import { findLayout } from "./layout.ts";
import { RunError, run } from "./run.ts";
import { ServersUnavailableError } from "./unavailable.ts";

/** Receives one line of progress, for a person. */
export type Say = (line: string) => void;

/** A folder with the unpacked packages of one group. */
export interface Root {
  readonly dir: string;
  /** The programs' own dynamic loader and its argument list: `[...loader, program, ...args]` runs any program of the root. */
  readonly loader: readonly string[];
}

const aptTimeoutMs = 300_000;
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const containerHint = "On another system, run inside a Debian 12 container.";
const installed = new Map<ServerGroupName, Promise<Root>>();

/**
 * Makes the programs of a group available, downloading Debian packages the first time.
 *
 * Nothing of the host is changed: packages are unpacked, not installed, into `$XDG_CACHE_HOME/certwright`
 * (else `~/.cache/certwright`), and no privilege is needed. Two processes may do it at once.
 *
 * @throws ServersUnavailableError listing what is missing and how to get it.
 */
export function ensureServers(name: ServerGroupName, say: Say = () => {}): Promise<Root> {
  let root = installed.get(name);
  if (!root) {
    root = ensure(name, serverGroups[name], say);
    installed.set(name, root);
    root.catch(() => installed.delete(name));
  }
  return root;
}

async function ensure(name: string, group: ServerGroup, say: Say): Promise<Root> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "certwright");
  // The programs are told the absolute path of their libraries, so the path is part of what identifies the root.
  const identity = createHash("sha256")
    .update(JSON.stringify([cache, process.arch, group]))
    .digest("hex")
    .slice(0, 12);
  const target = join(cache, `${group.suite}-${identity}`);
  if (!existsSync(target)) {
    const source = await debianSource();
    const work = `${target}.${randomBytes(4).toString("hex")}.tmp`;
    try {
      await mkdir(work, { recursive: true });
      await build(name, group, source, { work, target, say });
      await rename(join(work, "root"), target).catch((error: unknown) => {
        if (!existsSync(target)) throw error; // else another process was faster with the same content
      });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    say(`${name} servers: ready`);
  }
  const layout = await findLayout(target);
  return { dir: target, loader: [layout.loader, "--library-path", layout.libraries.join(":")] };
}

async function debianSource(): Promise<DebianSource> {
  if (process.platform !== "linux") throw new ServersUnavailableError(["Linux"], containerHint);
  for (const program of ["apt-get", "dpkg-deb"]) {
    await run(program, ["--version"], { timeoutMs: 10_000 }).catch((error: unknown) => {
      throw new ServersUnavailableError([program], containerHint, error);
    });
  }
  const files: { name: string; text: string }[] = [];
  const parts = await readdir("/etc/apt/sources.list.d").catch(() => []);
  for (const path of ["/etc/apt/sources.list", ...parts.sort().map((part) => `/etc/apt/sources.list.d/${part}`)]) {
    if (!/\.(list|sources)$/.test(path)) continue;
    files.push({ name: basename(path), text: await readFile(path, "utf8").catch(() => "") });
  }
  const mirror = process.env.CERTWRIGHT_DEBIAN_MIRROR;
  const source = mirror ? { uri: mirror } : findDebianSource(files);
  if (!source) {
    const hint = `Set CERTWRIGHT_DEBIAN_MIRROR to the address of a Debian mirror. ${containerHint}`;
    throw new ServersUnavailableError(["a Debian archive in /etc/apt/sources.list*"], hint);
  }
  const signedBy = [keyring, source.signedBy].find((path) => path && existsSync(path));
  if (!signedBy) throw new ServersUnavailableError([keyring], "Install the package debian-archive-keyring.");
  return { uri: source.uri, signedBy };
}

interface BuildContext {
  readonly work: string;
  readonly target: string;
  readonly say: Say;
}

async function build(name: string, group: ServerGroup, source: DebianSource, context: BuildContext): Promise<void> {
  const { work, target, say } = context;
  say(`${name} servers: looking up ${group.packages.join(", ")} in Debian ${group.suite}`);
  const env = await aptEnvironment(group, source, work);
  const apt = async (args: string[], onLine?: Say) => {
    const options = { env, timeoutMs: aptTimeoutMs, ...(onLine && { onLine }) };
    await run("apt-get", ["-q", ...args], options).catch((error: unknown) => {
      if (!(error instanceof RunError)) throw error;
      const reasons = [...new Set(error.output.split("\n").filter((line) => /^(E:|Err:|W: Failed)/.test(line)))];
      const hint = `apt-get said: ${reasons.slice(0, 4).join(" | ") || error.message}. Check the network and the Debian mirror.`;
      throw new ServersUnavailableError([`Debian packages ${group.packages.join(", ")} (${group.suite})`], hint, error);
    });
  };
  await apt(["update"]);
  await apt(["install", "--yes", "--download-only", ...group.packages, "patchelf"], (line) => {
    const size = /^Need to get (\S+ \S+?)(\/| of)/.exec(line)?.[1];
    if (size) say(`${name} servers: downloading ${size} (kept for the next time)`);
  });
  const root = join(work, "root");
  await mkdir(root);
  const archives = join(work, "cache/archives");
  for (const file of await readdir(archives)) {
    if (file.endsWith(".deb")) await run("dpkg-deb", ["--extract", join(archives, file), root]);
  }
  for (const unused of ["usr/share/doc", "usr/share/man", "usr/share/locale"]) {
    await rm(join(root, unused), { recursive: true, force: true });
  }
  await adaptPrograms(group, root, target);
}

/** An apt of its own: empty package status, own lists and cache; only the host's network settings are taken over. */
async function aptEnvironment(group: ServerGroup, source: DebianSource, work: string): Promise<NodeJS.ProcessEnv> {
  for (const dir of [
    "etc/apt.conf.d",
    "etc/preferences.d",
    "etc/sources.list.d",
    "state/lists/partial",
    "cache/archives/partial",
  ]) {
    await mkdir(join(work, dir), { recursive: true });
  }
  await writeFile(join(work, "status"), "");
  await writeFile(
    join(work, "etc/sources.list"),
    `deb [signed-by=${source.signedBy}] ${source.uri} ${group.suite} main\n`,
  );
  const hostSettings = await run("apt-config", ["dump", "Acquire"]).catch(() => "");
  const network = hostSettings.split("\n").filter((line) => /^Acquire::(http|https|ForceIPv|Proxy)/i.test(line));
  const settings = [
    ...network,
    `Dir "${work}";`,
    `Dir::State "state";`,
    `Dir::State::status "${work}/status";`,
    `Dir::Cache "cache";`,
    `Dir::Etc "etc";`,
    `Dir::Etc::netrc "/etc/apt/auth.conf";`,
    `Dir::Etc::netrcparts "/etc/apt/auth.conf.d";`,
    `APT::Sandbox::User "";`,
    `APT::Install-Recommends "false";`,
    `Acquire::Languages "none";`,
    `Acquire::Retries "3";`,
    // Without it an unreachable mirror is only a warning, and the packages seem not to exist.
    `APT::Update::Error-Mode "any";`,
    // A testing release, or a frozen mirror, may be past its date; the signature is still checked.
    `Acquire::Check-Valid-Until "false";`,
  ];
  await writeFile(join(work, "apt.conf"), `${settings.join("\n")}\n`);
  return { ...process.env, APT_CONFIG: join(work, "apt.conf"), LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
}

/**
 * Makes programs start as ordinary processes with the root's own loader and libraries, whatever the host's are.
 * A wrapper script would not do: HAProxy's master re-executes itself on a reload.
 */
async function adaptPrograms(group: ServerGroup, root: string, target: string): Promise<void> {
  const { loader, libraries } = await findLayout(root);
  const inTarget = (path: string) => join(target, path.slice(root.length));
  const patchelf = ["--library-path", libraries.join(":"), join(root, "usr/bin/patchelf")];
  for (const program of group.programs) {
    const path = join(root, program);
    await chmod(path, 0o755);
    const rpath = libraries.map(inTarget).join(":");
    await run(loader, [
      ...patchelf,
      "--set-interpreter",
      inTarget(loader),
      "--force-rpath",
      "--set-rpath",
      rpath,
      path,
    ]);
  }
}
