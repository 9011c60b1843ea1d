import {
  type AlarmShares,
  type CertificateResult,
  type Emit,
  type News,
  newsOf,
  rememberNews,
  unheardNews,
} from "@certwright/core";
import {
  openTold,
  readCertificateMeta,
  type Store,
  statesHere,
  type ToldFile,
  unlessDamaged,
} from "@certwright/core/store";
import { isCertwrightError } from "@certwright/provider/errors";
import type { CliContext } from "../context.ts";
import { explain } from "../reporter/explain.ts";
import type { Channel } from "./channel.ts";

/** Tells what is worth telling of looks at certificates. */
export interface Notifier {
  /** Takes a look's outcome; never waits, never throws. */
  add(result: CertificateResult): void;
  /** Ends when all is told, or given up. */
  settled(): Promise<void>;
}

/** What a notifier needs. */
export interface NotifierParts {
  /** As they are now: a configuration may be read anew. */
  readonly channels: () => readonly Channel[];
  readonly shares: () => AlarmShares;
  readonly store: Store;
  /** False where certificates are somebody else's, of which the store knows nothing. Default: true. */
  readonly isStored?: boolean;
  readonly context: Pick<CliContext, "now" | "sleep">;
  /** Name of this machine. */
  readonly host: string;
  readonly emit: Emit;
  /** Ends what is being sent. */
  readonly signal: AbortSignal;
}

/** Milliseconds before each further try. */
const pauses = [1_000, 5_000];

/** One after another, so that a flood of failures is no flood of connections. */
export function createNotifier(parts: NotifierParts): Notifier {
  const told = openTold(parts.store);
  const failing = new Set<string>();
  let last: Promise<void> = Promise.resolve();
  return {
    add: (result) => {
      if (parts.channels().length === 0) return;
      last = last.then(() => tell(result, told, failing, parts)).catch((error) => warn(error, parts.emit));
    },
    settled: () => last,
  };
}

async function tell(
  result: CertificateResult,
  file: ToldFile,
  failing: Set<string>,
  parts: NotifierParts,
): Promise<void> {
  const { certificate } = result;
  const now = parts.context.now();
  // That it is damaged is told by the run; that another could not be obtained in its place must be told, too.
  const reading = parts.isStored === false ? undefined : readCertificateMeta(parts.store, certificate);
  const stored = reading && (await unlessDamaged(reading, () => {}));
  const meta = stored && { ...stored, targets: statesHere(stored.targets, parts.store) };
  const news = newsOf(result, meta, parts.shares(), now);
  for (const channel of parts.channels()) {
    const told = await file.read();
    const heard: News[] = [];
    for (const each of unheardNews(certificate, news, told, channel, now)) {
      if (await deliver(each, channel, failing, parts)) heard.push(each);
    }
    await file.update((latest) => rememberNews({ certificate, news, heard }, latest, channel, now));
  }
}

/**
 * False where it was given up; the next look tries again.
 *
 * @param failing labels of the channels that took nothing the last time: those have one try, since everything waits for it
 */
async function deliver(news: News, channel: Channel, failing: Set<string>, parts: NotifierParts): Promise<boolean> {
  const { context, host, signal, emit } = parts;
  const notice = {
    version: 1,
    time: new Date(context.now()).toISOString(),
    host,
    ...news,
    text: `${host}: ${news.message}`,
  } as const;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await channel.send(notice, signal);
      failing.delete(channel.label);
      return true;
    } catch (error) {
      const pause = failing.has(channel.label) ? undefined : pauses[attempt];
      if (signal.aborted || pause === undefined || !isCertwrightError(error) || !error.retryable) {
        failing.add(channel.label);
        warn(error, emit, news.certificate);
        return false;
      }
      await context.sleep(pause, signal).catch(() => {});
    }
  }
}

function warn(error: unknown, emit: Emit, certificate?: string): void {
  const { code, message, hint } = explain(error);
  emit({
    type: "warning",
    code,
    message: `a notification was not delivered: ${message}`,
    ...(hint === undefined ? {} : { hint }),
    ...(certificate === undefined ? {} : { certificate }),
  });
}
