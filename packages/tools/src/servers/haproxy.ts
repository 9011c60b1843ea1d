import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { ensureServers } from "./install.ts";
import { type RunningServer, type StartOptions, startServer } from "./running.ts";
import { makeTempDir } from "./temp-dir.ts";

export interface HaproxyOptions {
  readonly version: "3.2" | "2.6";
  /**
   * Configuration text. `<dir>` becomes the server's folder and `<port:NAME>` a free port of 127.0.0.1, the same for
   * one NAME everywhere. An admin socket at `<dir>/admin.sock` is there without being written.
   */
  readonly config: string;
  /** Files to write before the start (mode 0600), by path relative to `<dir>`; the same placeholders work. */
  readonly files?: Readonly<Record<string, string>>;
  /** Run in master-worker mode with a master socket; default false. */
  readonly master?: boolean;
}

export interface Haproxy extends RunningServer {
  /** Unix socket of level admin. */
  readonly adminSocket: string;
  /** Present in master mode. */
  readonly masterSocket?: string;
  /** Ports chosen for the placeholders, by name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly configFile: string;
  /** Process id of the worker that answers on the admin socket now; without a master this is `pid`. */
  workerPid(): Promise<number>;
  /** One command over the admin socket, non-interactive; returns the whole answer. */
  command(line: string): Promise<string>;
  /** Master mode: reload and wait until a new worker takes all connections. Rejects with what the master says where it fails. */
  reload(): Promise<void>;
  /** Kills it, as a power cut would; files and ports stay. */
  kill(): Promise<void>;
  /** Starts it again after `kill`. */
  restart(): Promise<void>;
}

/** Starts HAProxy; it answers on its admin socket when the promise resolves. */
export async function startHaproxy(options: HaproxyOptions): Promise<Haproxy> {
  const { dir: root } = await ensureServers(options.version === "3.2" ? "demo" : "haproxy26");
  const dir = await makeTempDir("haproxy");
  const ports: Record<string, number> = {};
  const texts = [options.config, ...Object.values(options.files ?? {})];
  for (const [, name = ""] of texts.join("\n").matchAll(/<port:([\w-]+)>/g)) ports[name] ??= await freePort();
  const fill = (text: string) =>
    text.replaceAll("<dir>", dir).replace(/<port:([\w-]+)>/g, (_, name: string) => String(ports[name]));
  for (const [path, text] of Object.entries(options.files ?? {})) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), fill(text), { mode: 0o600 });
  }
  const adminSocket = join(dir, "admin.sock");
  const masterSocket = join(dir, "master.sock");
  const base = `global\n    stats socket ${adminSocket} mode 600 level admin expose-fd listeners\n`;
  await writeFile(join(dir, "base.cfg"), base);
  const configFile = join(dir, "haproxy.cfg");
  await writeFile(configFile, fill(options.config));
  const command = (line: string) => ask(adminSocket, line);
  const workerPid = async () => {
    const info = await command("show info");
    const pid = /^Pid: (\d+)$/m.exec(info)?.[1];
    if (!pid || /^Stopping: 1$/m.test(info)) throw new Error("no HAProxy worker answers");
    return Number(pid);
  };
  const mode = options.master ? ["-W", "-S", `${masterSocket},mode,600`] : ["-db"];
  const startOptions: StartOptions = {
    name: `HAProxy ${options.version}`,
    dir,
    command: [join(root, "usr/sbin/haproxy"), ...mode, "-f", join(dir, "base.cfg"), "-f", configFile],
    ready: async () => {
      const worker = await workerPid();
      return !options.master || (await ask(masterSocket, "show proc")).includes(String(worker));
    },
  };
  let server = await startServer(startOptions);
  const stop = () => server.stop();
  return {
    get pid() {
      return server.pid;
    },
    dir,
    logs: () => server.logs(),
    stop,
    [Symbol.asyncDispose]: stop,
    kill: async () => {
      process.kill(server.pid, "SIGKILL");
      while (await command("show version").then(Boolean, () => false)) await sleep(5);
    },
    restart: async () => {
      server = await startServer(startOptions);
    },
    adminSocket,
    ...(options.master && { masterSocket }),
    ports,
    configFile,
    workerPid,
    command,
    reload: async () => {
      const before = await workerPid();
      // Not SIGUSR2: HAProxy 2.6 loses the signal while its master re-executes itself. The answer may be cut off.
      const answer = await ask(masterSocket, "reload").catch(() => "");
      if (answer.startsWith("Success=0")) throw new Error(`HAProxy did not reload:\n${answer}`);
      // Both workers take connections until the former one says that it stops, however late it hears of the reload. Of
      // one that ends as it is asked no answer comes.
      const isOver = async () =>
        (await workerPid()) !== before &&
        (!isRunning(before) || /^Stopping: 1$/m.test(await ask(masterSocket, `@!${before} show info`, 500)));
      const deadline = performance.now() + 60_000;
      while (!(await isOver().catch(() => false))) {
        if (performance.now() > deadline) throw new Error(`HAProxy did not reload:\n${server.logs().slice(-2000)}`);
        await sleep(20);
      }
    },
  };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function ask(socket: string, line: string, timeout = 10_000): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    // Half-closed after the line: the master socket would keep the session open for more.
    const connection = connect(socket, () => connection.end(`${line}\n`));
    connection.setTimeout(timeout, () => connection.destroy(new Error(`no answer to "${line}" on ${socket}`)));
    connection.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    connection.once("end", () => resolve(answer));
    connection.once("error", reject);
    connection.once("close", () => reject(new Error(`${socket} closed`)));
  });
}
