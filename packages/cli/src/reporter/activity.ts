import type { CertwrightEvent, ServerState } from "@certwright/core";
import { duration, listed, stateInWords } from "./words.ts";

/** What goes on at this moment, as far as events tell. */
export interface Activity {
  /** By certificate. */
  readonly certificates: ReadonlyMap<string, { readonly doing: string; readonly since: number }>;
  /** TXT values waited for, by name and value. */
  readonly waits: ReadonlyMap<string, Wait>;
}

interface Wait {
  readonly name: string;
  readonly value: string;
  readonly servers: readonly ServerState[];
  readonly since: number;
}

export const idle: Activity = { certificates: new Map(), waits: new Map() };

/** The activity after an event; `now` in milliseconds since 1970. */
export function follow(activity: Activity, event: CertwrightEvent, now: number): Activity {
  if (event.type === "propagation.waiting") {
    const { name, value, servers, elapsedMs } = event;
    const waits = new Map(activity.waits).set(keyOf(event), { name, value, servers, since: now - elapsedMs });
    return { ...activity, waits };
  }
  if (event.type === "propagation.seen") return { ...activity, waits: without(activity.waits, [keyOf(event)]) };
  if (event.type === "txt.removed") return { ...activity, waits: without(activity.waits, event.records.map(keyOf)) };
  if (!("certificate" in event) || event.certificate === undefined) return activity;
  const doing = doingAfter(event);
  if (doing === undefined) return activity;
  const certificates = new Map(activity.certificates);
  if (doing === "") certificates.delete(event.certificate);
  else certificates.set(event.certificate, { doing, since: now });
  return { ...activity, certificates };
}

/** What a certificate is at after an event: undefined means as before, empty means done. */
function doingAfter(event: CertwrightEvent): string | undefined {
  switch (event.type) {
    case "certificate.started":
      return "talking to the CA";
    case "order.created":
      return "proving the names";
    case "challenge.answered":
      return "the CA checks the names";
    case "order.ready":
      return "the CA signs";
    case "certificate.downloaded":
      return "checking and storing";
    case "deploy.started":
      return `deploying to ${event.target}`;
    case "deploy.step":
      return `${event.target}: ${event.step}`;
    case "acme.waiting":
      return `waiting for the CA, ${event.reason}`;
    case "certificate.stored":
    case "certificate.failed":
    case "certificate.skipped":
    case "certificate.revoked":
    case "deploy.finished":
    case "deploy.failed":
      return "";
    default:
      return undefined;
  }
}

/** How much room there is. */
export interface Room {
  readonly rows: number;
}

/** The activity as lines, the most telling first where room is short. `tick` turns the wheel. */
export function drawActivity(activity: Activity, now: number, tick: number, { rows }: Room): readonly string[] {
  const wheel = wheels[tick % wheels.length] ?? "";
  const lines = [
    ...[...activity.certificates].map(
      ([name, { doing, since }]) => `${wheel} ${name}: ${doing}${elapsed(now - since)}`,
    ),
    ...[...activity.waits.values()].flatMap((wait) => linesOf(wait, wheel, now)),
  ];
  const most = Math.max(1, rows - 2);
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), `  and ${lines.length - most + 1} more lines`];
}

const wheels = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

function linesOf({ name, value, servers, since }: Wait, wheel: string, now: number): readonly string[] {
  const missing = servers.filter(({ state }) => state !== "seen");
  if (missing.length === 0) return [];
  return [
    `${wheel} waiting for TXT ${name} ${value}${elapsed(now - since)}`,
    ...missing.map((server) => `    ${server.server}: ${stateInWords(server)}`),
    ...(missing.length === servers.length ? [] : [`    seen by ${listed(seenBy(servers), 3)}`]),
  ];
}

function seenBy(servers: readonly ServerState[]): readonly string[] {
  return servers.filter(({ state }) => state === "seen").map(({ server }) => server);
}

/** Nothing for the first second, so that quick steps do not flicker. */
function elapsed(milliseconds: number): string {
  return milliseconds < 1000 ? "" : ` (${duration(milliseconds)})`;
}

function keyOf({ name, value }: { readonly name: string; readonly value: string }): string {
  return `${name} ${value}`;
}

function without(waits: ReadonlyMap<string, Wait>, keys: readonly string[]): ReadonlyMap<string, Wait> {
  return new Map([...waits].filter(([key]) => !keys.includes(key)));
}
