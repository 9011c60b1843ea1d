import type { AcmeRow } from "../agent/acme-answers.ts";
import { type HaproxyErrorCode, haproxyErrorCodes } from "../error-codes.ts";
import { HaproxyError } from "../errors.ts";
import type { HaproxyEvent } from "../events.ts";
import type { PushResult } from "../push/push-request.ts";
import type { Sights } from "../push/sights.ts";
import { boolean, type Check, count, list, record, text, word } from "./fields.ts";

/** What an agent says. `id` is that of the request. */
export type Answer =
  /** First of all: the client is welcome. */
  | { readonly say: "hello" }
  /** It is still at work. */
  | { readonly say: "beat" }
  /** What happens to a request under way. */
  | { readonly say: "step"; readonly id: number; readonly event: HaproxyEvent }
  | { readonly say: "done"; readonly id: number; readonly result: PushResult }
  | { readonly say: "seen"; readonly id: number; readonly sights: Sights }
  /** One of the certificates HAProxy obtains by itself; after the last comes `well`. */
  | { readonly say: "acme"; readonly id: number; readonly row: AcmeRow }
  /** Done, and there is no more to say of it. */
  | { readonly say: "well"; readonly id: number }
  | { readonly say: "begun"; readonly id: number; readonly begun: boolean }
  /** Without an id it concerns the whole conversation, which ends with it. */
  | { readonly say: "refused"; readonly id?: number; readonly error: Refused };

/** An error on its way. Never holds key material. */
export interface Refused {
  readonly code: HaproxyErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly certificate?: string;
  readonly retryable: boolean;
}

const short = text(1_000);
const long = text(10_000);

// Another version may know other codes; then its words must do.
const code: Check<HaproxyErrorCode> = (value) =>
  typeof value === "string" && Object.hasOwn(haproxyErrorCodes, value)
    ? (value as HaproxyErrorCode)
    : "HAPROXY_UNEXPECTED_ANSWER";

const refused = record({ code, message: long, retryable: boolean }, { hint: long, certificate: long }, "ignored");

const sight = record({ kind: word("same", "other", "absent", "unknown") }, { detail: long }, "ignored");

const step: Check<HaproxyEvent> = (value) => {
  const { type } = record({ type: word(...eventTypes) }, {}, "ignored")(value);
  const rest = Object.entries(value as object).filter(([, each]) => typeof each === "number" || isShort(each));
  return { ...Object.fromEntries(rest), type } as HaproxyEvent;
};

const eventTypes = [
  "waiting",
  "foreign-transaction-aborted",
  "written",
  "restored",
  "committed",
  "attached",
  "verified",
  "handshake",
  "put-back",
  "retrying",
] as const satisfies readonly HaproxyEvent["type"][];

function isShort(value: unknown): boolean {
  return typeof value === "string" && value.length <= 10_000;
}

const done: Check<PushResult> = record(
  {
    node: long,
    name: long,
    action: word("updated", "added", "unchanged", "reload-needed"),
    instances: count,
    served: boolean,
    serial: short,
    fingerprint256: text(64, /^[0-9a-f]{64}$/),
    pid: count,
    version: short,
    files: list(100, long),
    warnings: list(100, long),
  },
  { reloadNeeded: long },
  "ignored",
);

const seen: Check<Sights> = record({ memory: sight, disk: sight, handshake: sight }, { name: long }, "ignored");

const date: Check<Date> = (value) => {
  const found = new Date(text(40, /^\d{4}-\d\d-\d\dT/)(value));
  if (Number.isNaN(found.getTime())) throw new RangeError("no date");
  return found;
};

const row: Check<AcmeRow> = record(
  { certificate: long, section: long, state: word("Running", "Scheduled", "Stopped"), overdue: boolean },
  { expires: date, scheduled: date },
  "ignored",
);

const answers: { readonly [S in Answer["say"]]: Check<Answer> } = {
  hello: record({ say: word("hello") }, {}, "ignored"),
  beat: record({ say: word("beat") }, {}, "ignored"),
  step: record({ say: word("step"), id: count, event: step }, {}, "ignored"),
  done: record({ say: word("done"), id: count, result: done }, {}, "ignored"),
  seen: record({ say: word("seen"), id: count, sights: seen }, {}, "ignored"),
  acme: record({ say: word("acme"), id: count, row }, {}, "ignored"),
  well: record({ say: word("well"), id: count }, {}, "ignored"),
  begun: record({ say: word("begun"), id: count, begun: boolean }, {}, "ignored"),
  refused: record({ say: word("refused"), error: refused }, { id: count }, "ignored"),
};

const words = Object.keys(answers) as Answer["say"][];

/** @throws RangeError or SyntaxError when the line is nothing an agent says */
export function readAnswer(line: string): Answer {
  const value: unknown = JSON.parse(line);
  const { say } = record({ say: word(...words) }, {}, "ignored")(value);
  return answers[say](value);
}

/** An error as it is sent. */
export function refusedBy(error: unknown): Refused {
  if (error instanceof HaproxyError) {
    const { code, message, hint, certificate, retryable } = error;
    return {
      code,
      message,
      retryable,
      ...(hint === undefined ? {} : { hint }),
      ...(certificate === undefined ? {} : { certificate }),
    };
  }
  // Of anything else nobody knows what its text holds.
  return { code: "HAPROXY_AGENT_STOPPED", message: "The node agent could not end this.", retryable: true };
}

/** The same as the client throws it; `node` is the agent. */
export function errorOf({ code, message, hint, certificate, retryable }: Refused, node: string): HaproxyError {
  return new HaproxyError(code, message, {
    node,
    retryable,
    ...(hint === undefined ? {} : { hint }),
    ...(certificate === undefined ? {} : { certificate }),
  });
}
