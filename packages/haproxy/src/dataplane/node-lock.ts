import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createLocks } from "@certwright/provider";
import { isLockName, lockName } from "../runtime/writer-lock.ts";
import type { Process } from "./answers.ts";
import { type Answer, type Api, deleteCertificate, getNames, postCertificate } from "./api.ts";
import type { Desk } from "./open-api.ts";
import { answered, wanted } from "./patience.ts";
import type { Place } from "./place.ts";
import { refusedByApi } from "./refused.ts";

/*
 * HAProxy 2.6 puts a `set ssl cert` into whatever transaction is open, and an API sets and commits in two steps; and a
 * list's file is read, changed and written. Where either matters, one writer at a time, by the same lock as over the Runtime API: an empty certificate of a fixed name, and
 * beside it one whose name says who holds it. The API makes such a name and then fails to load what is no certificate,
 * which leaves it empty and touches no transaction.
 */

const noCertificate = "certwright";
const lookEvery = 500;

/** Whether a change needs the lock: HAProxy 3 keeps transactions apart by itself. */
export function needsLock({ version }: Process, { way }: Place): boolean {
  return way !== undefined || Number.parseFloat(version) < 3;
}

// Those of this process wait for each other without asking, and hand the lock on for as long as none else starves.
const turns = createLocks();
const held = new Map<string, { readonly identity: string; readonly since: number }>();
const waiting = new Map<string, number>();
const longestHeld = 2_000;

/** Does the work as the node's only writer. @throws HaproxyError HAPROXY_BUSY, and the work's */
export function asOnlyWriter<T>(desk: Desk, work: () => Promise<T>): Promise<T> {
  const { url } = desk.node;
  waiting.set(url, (waiting.get(url) ?? 0) + 1);
  return turns.hold([url], async () => {
    const others = (waiting.get(url) ?? 1) - 1;
    if (others > 0) waiting.set(url, others);
    else waiting.delete(url);
    const lock = held.get(url) ?? {
      identity: `${lockName}.${randomBytes(6).toString("hex")}`,
      since: performance.now(),
    };
    if (!held.has(url)) await take(desk, lock.identity);
    held.set(url, lock);
    try {
      return await work();
    } finally {
      if (!waiting.has(url) || performance.now() - lock.since > longestHeld) {
        held.delete(url);
        await giveBack(desk, lock.identity);
      }
    }
  });
}

async function take(desk: Desk, identity: string): Promise<void> {
  const { node, emit, limits, signal } = desk;
  const deadline = performance.now() + limits.busyTimeout;
  let seen = { holder: "", since: performance.now() };
  let lookedAt = performance.now();
  for (let tries = 0; ; tries++) {
    if (await make(desk, lockName)) break;
    const now = performance.now();
    if (now > deadline) throw refusedByApi(desk.api, "another deployer holds the node", { kind: "busy" });
    if (tries === 0) emit({ type: "waiting", node: node.id, certificate: lockName, behind: lockName });
    if (now - lookedAt > lookEvery) {
      lookedAt = now;
      const holder = await holderOf(desk);
      if (holder !== seen.holder) seen = { holder, since: now };
      else if (now - seen.since > limits.staleAfter) {
        // Left by a writer that was killed.
        await giveBack(desk, holder);
        const openForMs = Math.round(now - seen.since);
        emit({ type: "foreign-transaction-aborted", node: node.id, certificate: lockName, openForMs });
        seen = { holder: "", since: now };
      }
    }
    await sleep(10 + Math.random() * 40, undefined, { signal });
  }
  await make(desk, identity);
}

/** True where the name is new. */
async function make(desk: Desk, name: string): Promise<boolean> {
  const question = { what: "a lock", certificate: name };
  const answer = await answered(desk, question, () => taken(desk.api, name));
  if (!("failure" in answer)) return true;
  if (answer.failure.kind === "exists") return false;
  throw refusedByApi(desk.api, question.what, answer.failure, name);
}

async function taken(api: Api, name: string): Promise<Answer<undefined>> {
  const answer = await postCertificate(api, name, noCertificate);
  if (!("failure" in answer)) return answer;
  const { failure } = answer;
  // Each is said of the content, which comes after the name.
  const isMade =
    failure.kind === "rejected" ||
    failure.kind === "misdirected" ||
    (failure.kind === "busy" && (failure.behind !== undefined || /Can't update/.test(failure.reason ?? "")));
  return isMade ? { value: undefined } : answer;
}

async function holderOf(desk: Desk): Promise<string> {
  const names = await wanted(desk, { what: "runtime certificates" }, () => getNames(desk.api));
  return names.find((name) => name !== lockName && isLockName(name)) ?? "";
}

/** Harmless where it is not ours, or not any more. */
async function giveBack({ api, limits }: Desk, identity: string): Promise<void> {
  // The push may have been stopped; the lock is given back all the same.
  const clearing: Api = { ...api, send: (request) => api.send(request, AbortSignal.timeout(limits.settleTimeout)) };
  const remove = async (name: string) => {
    for (let tries = 0; tries < 50; tries++) {
      const answer = await deleteCertificate(clearing, name);
      if (!("failure" in answer)) return true;
      if (answer.failure.kind !== "busy") return false;
      await sleep(20);
    }
    return false;
  };
  // What cannot be removed now stands still, and the next writer clears it away.
  await (async () => identity === "" || (await remove(identity)))()
    .then((isOurs) => isOurs && remove(lockName))
    .catch(() => {});
}
