import { describe, expect, test } from "vitest";
import { checkKey, isSegment, safeName } from "./names.ts";

/** Reads a file name back, by its published rules, where it is not cut. */
function textOf(name: string): string {
  const bytes: number[] = [];
  for (let rest = name; rest !== ""; ) {
    const [token = ""] = /^(?:_wildcard|_[0-9a-f]{2}|.)/.exec(rest) ?? [];
    rest = rest.slice(token.length);
    if (token === "_wildcard") bytes.push(0x2a);
    else bytes.push(token.length === 1 ? token.charCodeAt(0) : Number.parseInt(token.slice(1), 16));
  }
  return Buffer.from(bytes).toString("utf8");
}

const awkward = [
  ...["example.com", "*.example.com", "_wildcard.example.com", "Example.com", "EXAMPLE.COM", "xn--bcher-kva.example"],
  ...[
    "bücher.example",
    "../x",
    "a/b",
    "a\\b",
    ".",
    "..",
    ".hidden",
    "-x",
    "x-",
    "x.",
    "a b",
    "a\0b",
    "a\nb",
    "*",
    "_",
    "__",
  ],
  ...[
    "con",
    "CON",
    "con.txt",
    "_63on",
    "nul",
    "com1",
    "com10",
    "lpt9.example",
    "aux.example.com",
    "console",
    "2001:db8::1",
  ],
  ...["192.0.2.1", "C:", "~", "$HOME", "`id`", "%2e", "_2a", "😀", "é", "e\u0301", "constructor", "__proto__"],
];

describe("safeName", () => {
  test("a host name stays as it is, a wildcard can be read", () => {
    expect(safeName("www.example.com")).toBe("www.example.com");
    expect(safeName("*.example.com")).toBe("_wildcard.example.com");
    expect(safeName("192.0.2.1")).toBe("192.0.2.1");
  });

  test.each(awkward)("%j becomes one portable segment that can be read back", (text) => {
    const name = safeName(text);
    expect(isSegment(name)).toBe(true);
    expect(name).toMatch(/^[a-z0-9_][a-z0-9._-]*$/);
    expect(name).not.toMatch(/\.$/);
    expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/);
    expect(name.length).toBeLessThanOrEqual(128);
    expect(textOf(name)).toBe(text);
  });

  test("different texts have different names, also where case is ignored", () => {
    const names = awkward.map((text) => safeName(text).toLowerCase());
    expect(new Set(names).size).toBe(awkward.length);
  });

  test("long names are cut, and differ still", () => {
    const long = [
      "a".repeat(300),
      `${"a".repeat(299)}b`,
      "a".repeat(129),
      "*".repeat(100),
      `${"a".repeat(300)}.example.com`,
    ];
    const names = long.map(safeName);
    for (const name of names) {
      expect(name.length).toBe(128);
      expect(name).toMatch(/__[0-9a-f]{64}$/);
      expect(isSegment(name)).toBe(true);
    }
    expect(new Set(names).size).toBe(long.length);
    expect(safeName("a".repeat(128))).toBe("a".repeat(128));
  });

  test("random texts keep apart", () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const alphabet = [..."aAb*._-/\\ :é0", "\u{1f600}"];
    const texts = new Set(
      Array.from({ length: 5000 }, () =>
        Array.from({ length: 1 + random(6) }, () => alphabet[random(alphabet.length)]).join(""),
      ),
    );
    expect(new Set([...texts].map((text) => safeName(text).toLowerCase())).size).toBe(texts.size);
  });

  test.each(["", "x".repeat(4097), "a\ud800b"])("text no file can be named after is refused", (text) => {
    expect(() => safeName(text)).toThrow(expect.objectContaining({ code: "STORE_BAD_NAME" }));
  });
});

describe("checkKey", () => {
  test.each(["a", "certificates/_wildcard.example.com/12/key.pem", "a/b/c/d/e/f/g/h", "_x", "a-"])(
    "%j is a key",
    (key) => {
      expect(() => checkKey(key)).not.toThrow();
    },
  );

  test.each([
    "",
    "/",
    "a//b",
    "..",
    "a/..",
    "a/../b",
    ".certwright/write.lock",
    "A",
    "a\n",
    "a/",
    "aux",
    "a/com3.x",
    "ü",
    "a".repeat(129),
  ])("%j is not", (key) => {
    expect(() => checkKey(key)).toThrow(expect.objectContaining({ code: "STORE_BAD_KEY" }));
  });
});
