import { readFile } from "node:fs/promises";
import type { WorkerInfo } from "./listings.ts";

/*
 * A worker that a reload is replacing knows nothing of it until its successor has read the files and starts to work,
 * so no stats socket tells. Command lines do, for those on the same machine: the successor has this worker's process
 * id behind its `-sf`. Until 3.0 the master itself reads the files before it forks the successor, and bears the
 * argument meanwhile; since 3.1 it forks first, and keeps the argument after a reload that failed.
 */

/**
 * True when a successor of this worker of this machine is reading files, has read them, or has taken over. False where
 * that cannot be known: there is no master, no `/proc`, or HAProxy counts its processes in a container of its own.
 */
export async function hasSuccessor({ pid, version }: WorkerInfo, proc = "/proc"): Promise<boolean> {
  const commandLine = (process: string | number) => read(`${proc}/${process}/cmdline`);
  const master = /^PPid:\s*(\d+)$/m.exec(await read(`${proc}/${pid}/status`))?.[1];
  if (master === undefined) return false;
  const [own, masters] = await Promise.all([commandLine(pid), commandLine(master)]);
  if (own === "" || programOf(own) !== programOf(masters)) return false;
  if (masterReadsFiles(version) && replaces(masters, pid)) return true;
  // Looked at last: the master may have forked the successor, and shed the argument, since it was asked.
  const children = (await read(`${proc}/${master}/task/${master}/children`)).split(" ").filter(Boolean);
  return (await Promise.all(children.map(commandLine))).some((line) => replaces(line, pid));
}

function masterReadsFiles(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < 3 || (major === 3 && minor === 0);
}

function programOf(commandLine: string): string | undefined {
  return commandLine.split("\0")[0];
}

/** Whether a command line has this process id in its list of those to be finished or terminated. */
function replaces(commandLine: string, pid: number): boolean {
  const words = commandLine.split("\0");
  const start = words.findIndex((word) => word === "-sf" || word === "-st");
  if (start < 0) return false;
  const rest = words.slice(start + 1);
  const end = rest.findIndex((word) => !/^\d+$/.test(word));
  return rest.slice(0, end < 0 ? rest.length : end).includes(String(pid));
}

function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
