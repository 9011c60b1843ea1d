import { isCertwrightError } from "@certwright/provider";
import type { CertificateMeta } from "../store/certificate-meta.ts";
import { toldOf } from "../told-of.ts";
import { isLive, undeployed } from "./deploy.ts";
import { shareUsed } from "./metrics.ts";
import type { CertificateResult } from "./renew-certificate.ts";

/** What can be told of a certificate. */
export type NewsEvent = "issued" | "deployed" | "failed" | "not-deployed" | "expiring" | "limited" | "recovered";

/** One thing to tell. Plain JSON; no secret is in it. */
export interface News {
  readonly event: NewsEvent;
  readonly severity: "info" | "warning" | "critical";
  readonly certificate: string;
  /** One sentence for people. */
  readonly message: string;
  readonly code?: string;
  readonly hint?: string;
  /** Of the certificate in use, ISO 8601. */
  readonly notAfter?: string;
  /** Share of its life that is over: 0 at its beginning, 1 at its end. */
  readonly lifeUsed?: number;
  /** Deploy targets it is about. */
  readonly targets?: readonly string[];
}

/** When a certificate counts as expiring, by the share of its life that is over. */
export interface AlarmShares {
  readonly warning: number;
  readonly critical: number;
}

/** Who is told, and how often. */
export interface Audience {
  /** Tells audiences apart in what is remembered. */
  readonly label: string;
  readonly on: readonly NewsEvent[];
  /** Milliseconds in which the same news about the same certificate is not told again. */
  readonly quiet: number;
}

/** What was told and when, in milliseconds since 1970. Kept between runs. */
export type Told = Readonly<Record<string, number>>;

const passing: readonly NewsEvent[] = ["issued", "deployed", "recovered"];

/** Codes that say that the CA asks us to wait. */
const limitCodes = new Set(["ACME_RATE_LIMITED", "ACME_PAUSED", "LIMIT_REACHED", "LIMIT_HOLD", "LIMIT_PAUSED"]);

/** What a look at a certificate gives to tell, if nobody knew anything yet. `meta` is what is stored of it afterwards. */
export function newsOf(
  result: CertificateResult,
  meta: CertificateMeta | undefined,
  shares: AlarmShares,
  now: number,
): readonly News[] {
  const { certificate } = result;
  const about = meta === undefined ? {} : lifeOf(meta, now);
  const news: News[] = [];
  if (result.outcome === "issued" || result.outcome === "deployed") {
    if (result.outcome === "issued") {
      const message = `${certificate} has a new certificate, valid until ${result.notAfter.toISOString()}`;
      news.push({ event: "issued", severity: "info", certificate, message, ...about });
    }
    if (result.targets.length > 0 && result.targets.every(isLive)) {
      const targets = result.targets.map(({ target }) => target);
      const message = `${certificate} is live at ${targets.join(", ")}`;
      news.push({ event: "deployed", severity: "info", certificate, message, targets, ...about });
    }
  }
  if (result.outcome === "failed") news.push({ ...failure(certificate, result.error), ...about });
  const missing = undeployed(meta?.targets ?? []);
  if (missing.length > 0) {
    const targets = missing.map(({ target }) => target);
    const [error] = missing.flatMap(({ lastError }) => lastError ?? []);
    const why = error === undefined ? "" : `: ${error.message}`;
    news.push({
      event: "not-deployed",
      severity: "warning",
      certificate,
      message: `${certificate} is issued, but not live at ${targets.join(", ")}${why}`,
      targets,
      ...(error === undefined ? {} : { code: error.code }),
      ...about,
    });
  }
  const used = meta === undefined ? 0 : shareUsed(meta, now);
  // By a clock that is known to be wrong nothing can be said of a life.
  const isTold = !(result.outcome === "failed" && hasClockCode(result.error));
  if (isTold && meta !== undefined && meta.revoked === undefined && used >= shares.warning) {
    const left = used >= 1 ? "has expired" : `has used ${Math.floor(used * 100)} % of its life`;
    const message = `${certificate} ${left}; it ends ${new Date(meta.notAfter).toISOString()}`;
    const severity = used >= shares.critical ? "critical" : "warning";
    news.push({ event: "expiring", severity, certificate, message, ...about });
  }
  return news;
}

function hasClockCode(error: Error): boolean {
  return isCertwrightError(error) && error.code === "CLOCK_WRONG";
}

/** Those of the news that an audience wants and has not just heard; and that trouble it heard of is over. */
export function unheard(
  certificate: string,
  news: readonly News[],
  told: Told,
  { label, on, quiet }: Audience,
  now: number,
): readonly News[] {
  const fresh = news.filter((each) => {
    if (!on.includes(each.event)) return false;
    const before = told[keyOf(label, each)];
    return passing.includes(each.event) || before === undefined || now - before >= quiet || now < before;
  });
  const knewTrouble = Object.keys(told).some((key) => key.startsWith(prefixOf(label, certificate)));
  const isWell = news.every(({ event }) => passing.includes(event));
  if (!knewTrouble || !isWell || !on.includes("recovered")) return fresh;
  const recovered: News = {
    event: "recovered",
    severity: "info",
    certificate,
    message: `${certificate} is well again`,
  };
  return [...fresh, recovered];
}

/** How an audience was told of a certificate. */
export interface Telling {
  readonly certificate: string;
  /** All there was to tell. */
  readonly news: readonly News[];
  /** What of it, and that it is over, was told. */
  readonly heard: readonly News[];
}

/** What is remembered after some of the news of a certificate was told to an audience. */
export function remember(
  { certificate, news, heard }: Telling,
  told: Told,
  { label }: Pick<Audience, "label">,
  now: number,
): Told {
  const troubles = news.filter(({ event }) => !passing.includes(event));
  const standing = new Set(troubles.map((each) => keyOf(label, each)));
  const isWellUntold = troubles.length === 0 && !heard.some(({ event }) => event === "recovered");
  const kept = Object.entries(told).filter(
    ([key]) => !key.startsWith(prefixOf(label, certificate)) || standing.has(key) || isWellUntold,
  );
  const fresh = heard.filter(({ event }) => !passing.includes(event)).map((each) => [keyOf(label, each), now] as const);
  return Object.fromEntries([...kept, ...fresh]);
}

function failure(certificate: string, error: Error): News {
  const told = toldOf(error);
  const event = limitCodes.has(told.code) ? "limited" : "failed";
  const message = `${certificate} could not be renewed: ${told.message}`;
  return { ...told, event, severity: "warning", certificate, message };
}

function lifeOf(meta: CertificateMeta, now: number): Pick<News, "notAfter" | "lifeUsed"> {
  return {
    notAfter: new Date(meta.notAfter).toISOString(),
    lifeUsed: Math.round(shareUsed(meta, now) * 10_000) / 10_000,
  };
}

/** No name of a certificate holds a line end, so no key is the beginning of another's. */
function prefixOf(label: string, certificate: string): string {
  return `${label}\n${certificate}\n`;
}

function keyOf(label: string, { certificate, event, severity }: News): string {
  return `${prefixOf(label, certificate)}${event} ${severity}`;
}
