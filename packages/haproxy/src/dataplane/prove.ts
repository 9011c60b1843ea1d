import { setTimeout as sleep } from "node:timers/promises";
import { isSame } from "../certificate/served.ts";
import { HaproxyError, hasCode } from "../errors.ts";
import type { Shown } from "../push/handshake.ts";
import type { PushResult } from "../push/push-request.ts";
import { remarksAfter, remarksBefore } from "../push/remarks.ts";
import { checkHandshakes, notLoaded } from "../push/verify.ts";
import type { Process } from "./answers.ts";
import { lookInMemory } from "./look.ts";
import type { Desk } from "./open-api.ts";
import { answered } from "./patience.ts";
import type { Place } from "./place.ts";
import { type ApiPushResult, result, type Work } from "./work.ts";

/**
 * Looks at the certificate once more, in memory and in handshakes.
 *
 * @throws HaproxyError HAPROXY_NOT_APPLIED, HAPROXY_OVERTAKEN, HAPROXY_WORKER_REPLACED, HAPROXY_NOT_SERVED,
 *   HAPROXY_HANDSHAKE_FAILED
 */
export async function prove(
  work: Work,
  place: Place,
  process: Process,
  before: readonly Shown[],
  action: PushResult["action"],
): Promise<ApiPushResult> {
  const { desk, bundle } = work;
  const name = place.present ? place.name : (work.files[0] ?? place.name);
  const { shown, now } = await outlastFormer(work, async () => {
    const shown = await lookInMemory(desk, name);
    const now = await currentProcess(desk, process);
    if (shown !== undefined && isSame(shown, bundle)) return { shown, now };
    const replaced = now.pid !== process.pid && !work.reloaded;
    const expected = { name, ...(place.present ? { before: place.present } : {}) };
    throw notLoaded(expected, shown, replaced, desk.node.id);
  });
  desk.emit({ type: "verified", node: desk.node.id, certificate: name, pid: now.pid });
  await shake(work, name, before);
  const found = { name, ...(place.way ? { way: place.way } : {}) };
  const [certificate] = work.files;
  const plan =
    place.withoutFile === undefined
      ? ({ kind: "files", certificate: certificate ?? name } as const)
      : ({ kind: "none", reason: place.withoutFile } as const);
  const list =
    place.way && place.way.kind === "crt-list" && !work.files.includes(place.way.list) ? place.way.list : undefined;
  return result(work, name, {
    action,
    served: shown.status === "Used",
    pid: now.pid,
    version: now.version,
    warnings: [
      ...remarksBefore(bundle, found, plan),
      ...(list === undefined || plan.kind === "none"
        ? []
        : [`A reload forgets the new entry; add ${name} to ${list}.`]),
      ...remarksAfter({ name }, shown, ""),
      ...(work.reloaded ? ["HAProxy was reloaded."] : []),
    ],
  });
}

/** Handshakes with all addresses that were given. @throws HaproxyError HAPROXY_NOT_SERVED, HAPROXY_HANDSHAKE_FAILED */
export async function shake(work: Work, name: string, before: readonly Shown[]): Promise<void> {
  const { desk, bundle, request } = work;
  const points = request.verify?.handshake ?? [];
  try {
    await outlastFormer(work, () => checkHandshakes(points, { name, bundle }, desk, before));
  } catch (error) {
    if (!hasCode(error, "HAPROXY_HANDSHAKE_FAILED")) throw error;
    throw new HaproxyError("HAPROXY_HANDSHAKE_FAILED", (error as Error).message, {
      node: desk.node.id,
      certificate: name,
      cause: error,
      hint: "The API gives no key away, so the former certificate cannot be put back: deploy it again. Compare the key type and names with what clients need.",
    });
  }
}

const lookEvery = 100;

/** Looks again where HAProxy was reloaded: the former worker takes connections until it hears of its end. */
async function outlastFormer<T>({ desk, reloaded }: Work, look: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + desk.limits.settleTimeout; ; ) {
    try {
      return await look();
    } catch (error) {
      const isFormer = reloaded && hasCode(error, "HAPROXY_NOT_APPLIED", "HAPROXY_OVERTAKEN", "HAPROXY_NOT_SERVED");
      if (!isFormer || performance.now() > deadline) throw error;
    }
    await sleep(lookEvery, undefined, { signal: desk.signal });
  }
}

async function currentProcess(desk: Desk, before: Process): Promise<Process> {
  const asked = await answered(desk, { what: "the running process" }, desk.process);
  return "failure" in asked || "error" in asked.value ? before : asked.value;
}
