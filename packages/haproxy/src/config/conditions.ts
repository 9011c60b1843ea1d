import { isUnset, type Variables } from "./words.ts";

/** What the condition of a block (`.if`) may be about; undefined is not known. */
export interface ConditionFacts {
  readonly variables: Variables;
  /** Of the running HAProxy. */
  readonly version?: string;
}

/**
 * Whether the condition of a block holds (configuration manual, section 2.4); undefined where that cannot be told from
 * here, and for what is no condition.
 */
export function holds(condition: string, facts: ConditionFacts): boolean | undefined {
  const tokens = condition.match(/&&|\|\||!|\d+|\w+\([^()]*\)|[()]|\S/g) ?? [];
  // HAProxy takes nothing for a condition that does not hold.
  if (tokens.length === 0) return false;
  const value = either(tokens, facts);
  return tokens.length === 0 ? value : undefined;
}

function either(tokens: string[], facts: ConditionFacts): boolean | undefined {
  let value = both(tokens, facts);
  while (tokens[0] === "||") {
    tokens.shift();
    const other = both(tokens, facts);
    value = value === true || other === true ? true : value === false ? other : undefined;
  }
  return value;
}

function both(tokens: string[], facts: ConditionFacts): boolean | undefined {
  let value = single(tokens, facts);
  while (tokens[0] === "&&") {
    tokens.shift();
    const other = single(tokens, facts);
    value = value === false || other === false ? false : value === true ? other : undefined;
  }
  return value;
}

function single(tokens: string[], facts: ConditionFacts): boolean | undefined {
  const token = tokens.shift() ?? "";
  if (token === "!") {
    const value = single(tokens, facts);
    return value === undefined ? undefined : !value;
  }
  if (token === "(") {
    const value = either(tokens, facts);
    return tokens.shift() === ")" ? value : undefined;
  }
  if (/^\d+$/.test(token)) return Number(token) !== 0;
  const [, name = "", list = ""] = /^(\w+)\((.*)\)$/.exec(token) ?? [];
  return predicate(name, list.split(","), facts);
}

function predicate(name: string, [first = "", second = ""]: readonly string[], facts: ConditionFacts) {
  const { variables, version } = facts;
  switch (name) {
    case "defined":
      return variables.values.has(first) ? true : isUnset(first, variables) ? false : undefined;
    case "streq":
      return first === second;
    case "strneq":
      return first !== second;
    case "strstr":
      return first.includes(second);
    case "version_atleast":
      return version === undefined ? undefined : compareVersions(version, first) >= 0;
    case "version_before":
      return version === undefined ? undefined : compareVersions(version, first) < 0;
    default:
      return undefined;
  }
}

/** `3.2.26-1` and `3.2`: numbers, one after the other; what is behind them does not count. */
function compareVersions(one: string, other: string): number {
  const numbers = (version: string) => (/^[\d.]+/.exec(version)?.[0] ?? "").split(".").map(Number);
  const [left, right] = [numbers(one), numbers(other)];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
