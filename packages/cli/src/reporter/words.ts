import type { CertwrightEvent, ServerState, TxtEventRecord } from "@certwright/core";
import { knownCaOf } from "../ca-names.ts";
import { withFlags } from "./flag-hints.ts";

/** What is told of an event. */
export interface Said {
  /** `detail` is left out where people look on live, since the live region shows it. */
  readonly tone: "step" | "detail" | "good" | "warn" | "bad" | "debug";
  /** The error code, where there is one. */
  readonly code?: string;
  readonly text: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Which certificate it is about. */
  readonly certificate?: string;
}

type EventOf<T extends CertwrightEvent["type"]> = Extract<CertwrightEvent, { type: T }>;
type Sayings = { readonly [T in CertwrightEvent["type"]]: (event: EventOf<T>) => Said | readonly Said[] | undefined };

/** An event in words; nothing where words would only repeat what another event says. */
export function say(event: CertwrightEvent): readonly Said[] {
  const saying = sayings[event.type] as (event: CertwrightEvent) => Said | readonly Said[] | undefined;
  const said = saying(event) ?? [];
  return "tone" in said ? [said] : said;
}

const sayings: Sayings = {
  "run.started": ({ certificates }) =>
    certificates.length < 2 ? undefined : { tone: "step", text: `${certificates.length} certificates` },
  "certificate.started": ({ certificate, identifiers, ca, reason }) => ({
    tone: "step",
    certificate,
    text: `${listed(identifiers, 5)} from ${caInWords(ca)}: ${reason}`,
  }),
  "certificate.skipped": ({ certificate, reason, next }) => ({
    tone: "step",
    certificate,
    text: `nothing to do: ${reason}${next === undefined ? "" : `; next look ${minute(next)}`}`,
  }),
  "acme.request": ({ method, url, status, ms }) => ({
    tone: "debug",
    text: `${method} ${url} ${status} ${Math.round(ms)} ms`,
  }),
  "provider.request": ({ provider, method, url, status, error, tries, ms }) => ({
    tone: "debug",
    text: `${provider}: ${method} ${url} ${status ?? error} ${Math.round(ms)} ms${tries === 1 ? "" : ` (try ${tries})`}`,
  }),
  "acme.waiting": ({ certificate, reason, seconds }) => ({
    tone: "detail",
    ...about(certificate),
    text: `waiting ${duration(seconds * 1000)}: ${reason}`,
  }),
  "account.created": ({ account }) => ({ tone: "good", text: `account created: ${account}` }),
  "account.found": ({ account }) => ({ tone: "detail", text: `account ${account}` }),
  "order.created": ({ certificate, order, status }) => ({
    tone: "step",
    certificate,
    text: `order ${order}${status === "pending" ? "" : ` (${status})`}`,
  }),
  "order.resumed": ({ certificate, order, status }) => ({
    tone: "step",
    certificate,
    text: `going on with order ${order} (${status})`,
  }),
  "authorization.valid": ({ certificate, identifier, reused }) => ({
    tone: "good",
    certificate,
    text: `${identifier.value} is proved${reused ? " since an earlier order" : ""}`,
  }),
  "challenge.chosen": ({ certificate, identifier, challenge, solver }) => ({
    tone: "detail",
    certificate,
    text: `${identifier.value} by ${solver.includes(challenge) ? solver : `${challenge}, ${solver}`}`,
  }),
  "challenge.presented": ({ certificate, identifier, challenge, solver }) =>
    challenge.startsWith("dns-")
      ? undefined
      : { tone: "step", certificate, text: `the answer for ${identifier.value} is in place (${solver})` },
  "challenge.answered": ({ certificate, identifier }) => ({
    tone: "detail",
    certificate,
    text: `asked the CA to look at ${identifier.value}`,
  }),
  "challenge.failed": ({ certificate, identifier, solver, code, message, next }) => ({
    tone: "warn",
    certificate,
    code,
    text: `${identifier.value} by ${solver}: ${message}${next === undefined ? "" : `; trying ${next}`}`,
  }),
  "dns.alias": ({ name, target }) => ({ tone: "step", text: `${name} is an alias of ${target}` }),
  "dns.aliasIgnored": ({ name, reason }) => ({
    tone: "step",
    text: `the alias at ${name} is not followed: ${reason}`,
  }),
  "txt.adding": ({ records }) => ({ tone: "detail", text: `adding ${counted(records)}` }),
  "txt.added": ({ records }) => txt("added", records),
  "txt.removed": ({ records }) => txt("removed", records),
  "txt.leftOver": ({ records, code, message }) => ({
    tone: "warn",
    code,
    text: `${counted(records)} could not be removed (${records.map(shownRecord).join(", ")}): ${message}`,
    hint: '"certwright cleanup" tries again, as does the next run.',
  }),
  "propagation.waiting": ({ name, value, servers, elapsedMs }) => ({
    tone: "detail",
    text: `waiting ${duration(elapsedMs)} for TXT ${name} ${value}: ${servers
      .map((server) => `${server.server} ${stateInWords(server)}`)
      .join(", ")}`,
  }),
  "propagation.seen": ({ name, value, elapsedMs }) => ({
    tone: "good",
    text: `TXT ${name} ${value} is seen by every server (${duration(elapsedMs)})`,
  }),
  "order.ready": ({ certificate }) => ({ tone: "good", certificate, text: "every name is proved" }),
  "order.finalized": ({ certificate }) => ({ tone: "detail", certificate, text: "the CA signs" }),
  "certificate.downloaded": ({ certificate, issuer, chain }) => ({
    tone: "detail",
    certificate,
    text: `certificate by ${issuer}, ${chain} in the chain`,
  }),
  "certificate.stored": ({ certificate, generation, notAfter, path }) => ({
    tone: "good",
    certificate,
    text: `stored as generation ${generation}, valid until ${minute(notAfter)}${path === undefined ? "" : `, in ${path}`}`,
  }),
  "deploy.started": ({ certificate, target }) => ({ tone: "detail", certificate, text: `deploying to ${target}` }),
  "deploy.step": ({ certificate, target, step, detail }) => ({
    tone: "detail",
    certificate,
    text: `${target}: ${step}${detail === undefined ? "" : ` (${detail})`}`,
  }),
  "deploy.finished": ({ certificate, target, action, detail }) => ({
    tone: "good",
    certificate,
    text: `${target}: ${action}${detail === undefined ? "" : `, ${detail}`}`,
  }),
  "deploy.failed": ({ certificate, target, code, message, hint }) => ({
    tone: "bad",
    certificate,
    code,
    text: `${target}: ${message}`,
    ...hinted(hint),
  }),
  "certificate.revoked": ({ certificate, reason }) => ({ tone: "good", certificate, text: `revoked (${reason})` }),
  warning: ({ code, message, hint, certificate }) => ({
    tone: "warn",
    ...about(certificate),
    code,
    text: message,
    ...hinted(hint),
  }),
  "certificate.failed": ({ certificate, code, message, hint }) => ({
    tone: "bad",
    certificate,
    code,
    text: message,
    ...hinted(withFlags(code, hint)),
  }),
  "service.listening": ({ address }) => ({ tone: "step", text: `metrics and health at http://${address}` }),
  "agent.listening": ({ address, node }) => ({ tone: "step", text: `node agent of ${node} at ${address}` }),
  "run.finished": ({ issued, deployed, skipped, failed, notDeployed }) =>
    issued + deployed + skipped + failed < 2
      ? undefined
      : {
          tone: failed > 0 ? "bad" : notDeployed > 0 ? "warn" : "good",
          text: `${issued} issued, ${deployed === 0 ? "" : `${deployed} deployed, `}${skipped} not due, ${failed} failed${notDeployed === 0 ? "" : `, ${notDeployed} not deployed everywhere`}`,
        },
};

/** `a, b, c and 4 more`. */
export function listed(words: readonly string[], most: number): string {
  if (words.length <= most) return words.join(", ");
  return `${words.slice(0, most).join(", ")} and ${words.length - most} more`;
}

/** `1 error`, `2 errors`. */
export function countOf(number: number, one: string): string {
  return `${number} ${number === 1 ? one : `${one}s`}`;
}

/** Milliseconds as a person says them: `0.3 s`, `12 s`, `2 min 5 s`, `1 h 3 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 950) return `${(Math.max(0, milliseconds) / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A moment as a person reads it: ISO 8601 to the minute. */
export function minute(iso: string): string {
  return `${iso.slice(0, "2026-01-31T12:00".length)}Z`;
}

/** A CA by its short name, where it has one. */
function caInWords(directoryUrl: string): string {
  return knownCaOf(directoryUrl)?.name ?? directoryUrl;
}

/** What a name server said of a value. */
export function stateInWords({ state, detail }: ServerState): string {
  if (state === "seen" || state === "absent") return state;
  if (state === "asking") return "not heard of yet";
  const word = state === "other" ? "other values" : state;
  return detail === "" ? word : `${word}, ${detail}`;
}

/** Records told one by one up to this many; more are only counted. */
const mostRecords = 4;

function txt(done: "added" | "removed", records: readonly TxtEventRecord[]): readonly Said[] {
  if (records.length > mostRecords) {
    const zones = [...new Set(records.map(({ zone }) => zone))];
    return [{ tone: "good", text: `${counted(records)} ${done} in ${listed(zones, 5)}` }];
  }
  return records.map((record) => ({ tone: "good", text: `TXT ${done}: ${shownRecord(record)} (${record.provider})` }));
}

function counted(records: readonly TxtEventRecord[]): string {
  return records.length === 1 ? "1 TXT record" : `${records.length} TXT records`;
}

function shownRecord({ name, value }: TxtEventRecord): string {
  return `${name} ${value}`;
}

function about(certificate: string | undefined): { certificate?: string } {
  return certificate === undefined ? {} : { certificate };
}

function hinted(hint: string | undefined): { hint?: string } {
  return hint === undefined ? {} : { hint };
}
