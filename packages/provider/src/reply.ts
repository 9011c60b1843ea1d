import { ProviderError } from "./errors.ts";

/** A step into a document: a key of an object or an index of a list. */
export type Step = string | number;

/**
 * An API's answer, read strictly: every access states what it expects, and anything else is a `PROVIDER_BAD_ANSWER`
 * that names the path. XML arrives in the same form: elements are keys, repeated ones lists, attributes `@name`, text `#text`.
 */
export interface Reply {
  /** The raw value, for passing back unchanged. */
  readonly value: unknown;
  /** The part at this path. @throws ProviderError when it is absent. */
  at(...path: Step[]): Reply;
  /** The part at this path, or undefined when it is absent or null. */
  maybe(...path: Step[]): Reply | undefined;
  /** The list at this path; absent or null is an error. A single XML element counts as a list of one. */
  list(...path: Step[]): readonly Reply[];
  /** The list at this path; absent or null is empty. */
  listOrNone(...path: Step[]): readonly Reply[];
  /** The entries of the object at this path. */
  entries(...path: Step[]): readonly (readonly [string, Reply])[];
  /** The string at this path. */
  text(...path: Step[]): string;
  /** The string at this path, or undefined when it is absent or null. */
  textOrNone(...path: Step[]): string | undefined;
  /** The string or number at this path, as a string: for identifiers. */
  id(...path: Step[]): string;
  /** The number at this path; a numeric string counts. */
  number(...path: Step[]): number;
  /** The boolean at this path; "true", "1", 1 and their opposites count. */
  flag(...path: Step[]): boolean;
}

/** Where a reply came from, for its error messages. */
export interface ReplyContext {
  /** The provider's id. */
  readonly provider?: string;
  /** What was asked: `GET /zones`. Holds no secret. */
  readonly request?: string;
  /** The document is XML, where one element and a list of one look the same and an empty element may be an empty list. */
  readonly xml?: boolean;
}

/**
 * Wraps a parsed document for strict reading.
 *
 * Names found in the document appear in error messages only as paths the caller asked for; its values never do.
 */
export function reply(value: unknown, context: ReplyContext = {}): Reply {
  return replyAt(value, [], context);
}

function replyAt(value: unknown, path: readonly Step[], context: ReplyContext): Reply {
  const resolve = (steps: readonly Step[]): unknown => {
    let found = value;
    steps.forEach((step, index) => {
      found = child(found, step, context, () => [...path, ...steps.slice(0, index)]);
    });
    return found;
  };
  const fail = (steps: readonly Step[], expected: string): never => {
    throw badReply([...path, ...steps], expected, resolve(steps), context);
  };
  const present = (steps: readonly Step[], expected: string): unknown => {
    const found = resolve(steps);
    return found === undefined || found === null ? fail(steps, expected) : found;
  };
  const asText = (found: unknown): string | undefined => {
    const inner = context.xml && isObject(found) ? (found["#text"] ?? (hasElements(found) ? undefined : "")) : found;
    return typeof inner === "string" ? inner : undefined;
  };
  const asList = (steps: readonly Step[], found: unknown): readonly Reply[] => {
    const wrap = (item: unknown, index: number) => replyAt(item, [...path, ...steps, index], context);
    if (Array.isArray(found)) return found.map(wrap);
    return context.xml ? [wrap(found, 0)] : fail(steps, "a list");
  };

  return {
    value,
    at: (...steps) => replyAt(present(steps, "something"), [...path, ...steps], context),
    maybe: (...steps) => {
      const found = resolve(steps);
      return found === undefined || found === null ? undefined : replyAt(found, [...path, ...steps], context);
    },
    list: (...steps) => asList(steps, present(steps, "a list")),
    listOrNone: (...steps) => {
      const found = resolve(steps);
      return found === undefined || found === null ? [] : asList(steps, found);
    },
    entries: (...steps) => {
      const found = present(steps, "an object");
      if (context.xml && found === "") return [];
      if (!isObject(found)) return fail(steps, "an object");
      return Object.entries(found).map(
        ([key, item]) => [key, replyAt(item, [...path, ...steps, key], context)] as const,
      );
    },
    text: (...steps) => asText(present(steps, "a text")) ?? fail(steps, "a text"),
    textOrNone: (...steps) => {
      const found = resolve(steps);
      return found === undefined || found === null ? undefined : (asText(found) ?? fail(steps, "a text"));
    },
    id: (...steps) => {
      const found = present(steps, "an identifier");
      if (typeof found === "number" && Number.isSafeInteger(found)) return String(found);
      return asText(found) || fail(steps, "an identifier");
    },
    number: (...steps) => {
      const found = present(steps, "a number");
      const number = typeof found === "number" ? found : numeric(asText(found));
      return Number.isFinite(number) ? number : fail(steps, "a number");
    },
    flag: (...steps) => {
      const found = present(steps, "true or false");
      const flag = flags.get(
        typeof found === "boolean" || typeof found === "number" ? found : asText(found)?.trim().toLowerCase(),
      );
      return flag ?? fail(steps, "true or false");
    },
  };
}

const flags = new Map<unknown, boolean>([
  [true, true],
  ["true", true],
  ["1", true],
  [1, true],
  [false, false],
  ["false", false],
  ["0", false],
  [0, false],
]);

function numeric(text: string | undefined): number {
  return text !== undefined && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : Number.NaN;
}

/** One step down. Stepping through something absent is absent; stepping into a text or a number is a fault. */
function child(parent: unknown, step: Step, context: ReplyContext, path: () => readonly Step[]): unknown {
  if (parent === undefined || parent === null) return undefined;
  if (typeof step === "number") {
    if (Array.isArray(parent)) return parent[step];
    if (context.xml) return step === 0 ? parent : undefined;
    throw badReply(path(), "a list", parent, context);
  }
  if (isObject(parent)) return Object.hasOwn(parent, step) ? parent[step] : undefined;
  // An XML element without children has been read as its text; blank, it may just as well be an empty list.
  if (context.xml && typeof parent === "string" && parent.trim() === "") return undefined;
  throw badReply(path(), "an object", parent, context);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasElements(element: Record<string, unknown>): boolean {
  return Object.keys(element).some((key) => !key.startsWith("@"));
}

function badReply(path: readonly Step[], expected: string, found: unknown, context: ReplyContext): ProviderError {
  const who = context.provider === undefined ? "" : `${context.provider}: `;
  const what = context.request === undefined ? "the answer" : `the answer to ${context.request}`;
  return new ProviderError(
    "PROVIDER_BAD_ANSWER",
    `${who}${what} should have ${expected} at ${pathText(path)}, but has ${kindOf(found)}`,
    {
      hint: "The API may have changed, or something between here and it answered instead; check the endpoint, then report this.",
      ...(context.provider === undefined ? {} : { provider: context.provider }),
    },
  );
}

function pathText(path: readonly Step[]): string {
  if (path.length === 0) return "its top";
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  return text.startsWith(".") ? text.slice(1) : text;
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return value === "" ? "an empty text" : `a ${typeof value === "string" ? "text" : typeof value}`;
}
