import { Socket as Datagram } from "node:dgram";
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { Socket } from "node:net";

/*
 * Loaded before a program (`node --import`), it ends the program by SIGKILL just before or after one of the effects it
 * has on the world outside, which `KILL_AT` names: `before update 2` is the moment before the second DNS update is sent.
 * `KILL_BY` names another signal, which the program may see to.
 */

const [moment = "", what = "", count = "1", ...rest] = (process.env.KILL_AT ?? "").split(" ");
const path = rest.join(" ");
const signal = process.env.KILL_BY ?? "SIGKILL";
let seen = 0;

function die(): void {
  process.kill(process.pid, signal);
  while (signal === "SIGKILL");
}

/**
 * Does an effect, unless the program ends before it.
 *
 * @param act told what to call once the effect is done: then the program ends, before it can go on from there
 */
function around<T>(kind: string, act: (done?: () => void) => T): T {
  const isIt = kind === what && ++seen === Number(count);
  if (isIt && moment === "before") die();
  return act(isIt ? die : undefined);
}

/** RFC 1035 section 4.1.1: the kind of message is in the third byte; 5 is an update (RFC 2136). */
const isUpdate = (bytes: unknown, offset: number) =>
  bytes instanceof Uint8Array && bytes.length > 12 + offset && (((bytes[2 + offset] ?? 0) >> 3) & 0xf) === 5;

/** Arguments whose callback, called when what they send has left this process, is another if there is one. */
const whenSent = <A extends unknown[]>(args: A, done: (() => void) | undefined): A => {
  if (done === undefined) return args;
  return [...args.filter((arg) => typeof arg !== "function"), done] as unknown as A;
};

const { write } = Socket.prototype;
Socket.prototype.write = function (this: Socket, ...args: Parameters<typeof write>) {
  const [data] = args;
  const act = (done?: () => void) => write.apply(this, whenSent(args, done));
  if (isUpdate(data, 2)) return around("update", act);
  if (typeof data !== "string") return act();
  if (path !== "" && data.includes(`"type":"${path}"`)) return around("event", act);
  if (data.includes("dump ssl cert")) return around("dump", act);
  return data.includes("acme challenge_ready") ? around("ready", act) : act();
} as typeof write;

const { send } = Datagram.prototype;
Datagram.prototype.send = function (this: Datagram, ...args: Parameters<typeof send>) {
  const act = (done?: () => void) => send.apply(this, whenSent(args, done));
  return isUpdate(args[0], 0) ? around("update", act) : act();
} as typeof send;

/** What comes of an effect, awaited by {@link around} before anybody else. */
async function settled<T>(effect: Promise<T>, done: (() => void) | undefined): Promise<T> {
  const result = await effect;
  done?.();
  return result;
}

const { open, rename } = files;
files.open = ((...args: Parameters<typeof open>) =>
  String(args[0]).includes(path) && String(args[0]).endsWith(".tmp")
    ? around("temporary", (done) => settled(open(...args), done))
    : open(...args)) as typeof open;
files.rename = ((...args: Parameters<typeof rename>) =>
  args[1] === path ? around("rename", (done) => settled(rename(...args), done)) : rename(...args)) as typeof rename;
syncBuiltinESMExports();
