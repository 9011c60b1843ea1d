import { CertwrightError } from "@certwright/provider";
import { printable } from "./printable.ts";

/** A JSON object from the CA, nothing about it known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The error for an object of the CA that is not what the RFC says. `what` names the object, `why` the fault. */
export function badAnswer(what: string, why: string): CertwrightError {
  return new CertwrightError("ACME_BAD_ANSWER", `The CA's ${what} ${printable(why, 300)}`, {
    hint: "This is a fault of the CA's server; try again later or tell its operator.",
  });
}

/** The value as a JSON object. */
export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badAnswer(what, "is not an object");
  return value as JsonObject;
}

/** An array field of at most `limit` entries. Absent counts as empty only where `optional`. */
export function readArray(
  object: JsonObject,
  key: string,
  what: string,
  limit: number,
  optional = false,
): readonly unknown[] {
  const value = object[key];
  if ((value === undefined || value === null) && optional) return [];
  if (!Array.isArray(value)) throw badAnswer(what, `has no list "${key}"`);
  if (value.length > limit) throw badAnswer(what, `has ${value.length} entries in "${key}", more than ${limit}`);
  return value;
}

/** A string field that must be there, 1 to `limit` characters. */
export function readString(object: JsonObject, key: string, what: string, limit = 2048): string {
  const value = object[key];
  if (typeof value !== "string" || value.length === 0) throw badAnswer(what, `has no text "${key}"`);
  if (value.length > limit) throw badAnswer(what, `has a "${key}" of ${value.length} characters`);
  return value;
}

/** A string field that may be absent, null or empty. */
export function readOptionalString(object: JsonObject, key: string, what: string, limit = 2048): string | undefined {
  const value = object[key];
  return value === undefined || value === null || value === "" ? undefined : readString(object, key, what, limit);
}

/** An RFC 3339 date field that may be absent. */
export function readOptionalDate(object: JsonObject, key: string, what: string): Date | undefined {
  const text = readOptionalString(object, key, what, 64);
  return text === undefined ? undefined : parseDate(text, key, what);
}

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** An RFC 3339 date. */
export function parseDate(text: string, key: string, what: string): Date {
  const time = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw badAnswer(what, `has a "${key}" that is no RFC 3339 date`);
  return new Date(time);
}

/** One of the given words. */
export function readWord<T extends string>(object: JsonObject, key: string, what: string, words: readonly T[]): T {
  const value = readString(object, key, what);
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw badAnswer(what, `has the unknown ${key} "${printable(value, 40)}"`);
  return word;
}
