import { describe, expect, test } from "vitest";
import { count, dictionary, flag, instant, list, oneOf, optional, pattern, remark, shape, text } from "./codec.ts";
import { type DocumentKind, decodeDocument, encodeDocument } from "./document.ts";

interface Sample {
  readonly name: string;
  readonly when: number;
  readonly kind: "one" | "two";
  readonly tags: readonly string[];
  readonly sizes: Readonly<Record<string, number>>;
  readonly on?: boolean;
  readonly note?: string;
  readonly id?: string;
}

const kind: DocumentKind<Sample> = {
  format: 3,
  codec: shape<Sample>({
    name: text(10),
    when: instant,
    kind: oneOf("one", "two"),
    tags: list(text(), 3),
    sizes: dictionary(count),
    on: optional(flag),
    note: optional(remark(20)),
    id: optional(pattern(/^[a-f]+$/, "an id")),
  }),
};
const sample: Sample = { name: "x", when: Date.UTC(2026, 0, 31, 12), kind: "two", tags: ["a"], sizes: { a: 1 } };
const json = (change: object = {}) => ({
  ...{ format: 3, name: "x", when: "2026-01-31T12:00:00.000Z", kind: "two", tags: ["a"], sizes: { a: 1 } },
  ...change,
});
const decode = (value: unknown) =>
  decodeDocument(kind, "sample.json", Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));

test("a document is read back as it was written, and people can read it", () => {
  const bytes = encodeDocument(kind, { ...sample, on: false, note: "n" });
  expect(decodeDocument(kind, "k", bytes)).toEqual({ ...sample, on: false, note: "n" });
  expect(Buffer.from(bytes).toString()).toContain('"when": "2026-01-31T12:00:00.000Z"');
  expect(decode(json())).toEqual(sample);
});

describe("what is not a document of this kind is refused, with the place", () => {
  test.each<[string, unknown, RegExp]>([
    ["empty", "", /it is empty/],
    ["cut short", JSON.stringify(json()).slice(0, -5), /not JSON/],
    ["not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]).toString("latin1"), /not JSON/],
    ["zeros, as after a power cut", "\0".repeat(40), /not JSON/],
    ["another type", "[]", /no format number/],
    ["without format", "{}", /no format number/],
    ["format of no version", json({ format: 0 }), /format number/],
    ["format as text", json({ format: "3" }), /format number/],
    ["unknown property", json({ extra: 1 }), /unknown property "extra"/],
    ["missing property", json({ name: undefined }), /it\.name is missing/],
    ["too long", json({ name: "x".repeat(11) }), /longer than 10/],
    ["control character", json({ name: "a\u0007" }), /control character/],
    ["no instant", json({ when: "2026-01-31" }), /it\.when is not a time/],
    ["impossible date", json({ when: "2026-13-31T12:00:00.000Z" }), /it\.when/],
    ["unknown word", json({ kind: "three" }), /none of one, two/],
    ["no list", json({ tags: "a" }), /not a list/],
    ["list too long", json({ tags: ["a", "b", "c", "d"] }), /more than 3/],
    ["wrong item", json({ tags: ["a", 1] }), /it\.tags\[1\] is not text/],
    ["negative count", json({ sizes: { a: -1 } }), /it\.sizes\.a/],
    ["fraction", json({ sizes: { a: 0.5 } }), /it\.sizes\.a/],
    ["no flag", json({ on: "yes" }), /it\.on/],
    ["no id", json({ id: "xyz" }), /it\.id is not an id/],
  ])("%s", (_, value, message) => {
    expect(() => decode(value)).toThrow(
      expect.objectContaining({ code: "STORE_CORRUPT", message: expect.stringMatching(message) }),
    );
  });

  test("a newer format is told apart from damage", () => {
    expect(() => decode(json({ format: 4, future: true }))).toThrow(
      expect.objectContaining({
        code: "STORE_NEWER_FORMAT",
        message: expect.stringContaining("format 4; this version knows 3"),
      }),
    );
  });

  test("the error does not repeat the text", () => {
    expect(() => decode('{"planted')).toThrow(
      expect.toSatisfy((error: Error) => !JSON.stringify([error.message, String(error.cause)]).includes("planted")),
    );
  });
});

test("a key like __proto__ is a key and nothing else", () => {
  const read = decode(
    `{"format":3,"name":"x","when":"2026-01-31T12:00:00.000Z","kind":"one","tags":[],"sizes":{"__proto__":7}}`,
  );
  expect(Object.entries(read.sizes)).toEqual([["__proto__", 7]]);
});

test("what could not be read back is not written", () => {
  expect(() => encodeDocument(kind, { ...sample, name: "a\u0007" })).toThrow(
    expect.objectContaining({ code: "STORE_BAD_VALUE" }),
  );
  expect(() => encodeDocument(kind, { ...sample, kind: "three" as "one" })).toThrow(
    expect.objectContaining({ code: "STORE_BAD_VALUE" }),
  );
});

test("a remark from outside is made fit for reading", () => {
  const written = encodeDocument(kind, { ...sample, note: `a\u001b[31m\nb\ud800${"x".repeat(40)}` });
  expect(decodeDocument(kind, "k", written).note).toBe("a [31m b\ufffdxxxxxxxxxxx");
});

test("a time is read as Date reads it, on any day of any year", () => {
  for (let day = 0; day < 8000 * 366; day += 97) {
    const iso = new Date(day * 86_400_000 + ((day * 7919) % 86_400_000)).toISOString();
    expect(instant.read(iso)).toBe(Date.parse(iso));
  }
  expect(instant.read("1970-01-01T00:00:00.000Z")).toBe(0);
  expect(instant.read("2024-02-29T23:59:59.999Z")).toBe(Date.UTC(2024, 1, 29, 23, 59, 59, 999));
});

test("times beyond the calendar are held inside it", () => {
  for (const when of [Number.POSITIVE_INFINITY, 1e300, -5]) {
    expect(decodeDocument(kind, "k", encodeDocument(kind, { ...sample, when })).when).toBeGreaterThanOrEqual(0);
  }
});
