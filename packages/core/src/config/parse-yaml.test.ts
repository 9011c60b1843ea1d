import { describe, expect, test } from "vitest";
import { largestConfig } from "./parse-yaml.ts";
import { faultsOf, read, refused, shown } from "./testing/read.ts";

describe("a file that is no good YAML", () => {
  test.each([
    ["a tab", "serve:\n\tinterval: 10m\n", "2:1  a tab is used as indentation"],
    ["an open quote", 'serve:\n  listen: "127.0.0.1:1\n', "3:1  a quote or a bracket is not closed"],
    ["an open bracket", "defaults:\n  cas: [letsencrypt\n", "3:1  the indentation does not fit"],
    ["a bad indentation", "serve:\n  listen: 127.0.0.1:1\n interval: 10m\n", "3:1  the indentation does not fit"],
    ["a colon in a text", "accounts:\n  a: { }\nserve: listen: 1\n", "3:8  a colon stands where no key can be"],
    ["a line without colon", "serve\nparallel: 2\n", "1:1  a line has no colon"],
    ["a bad escape", 'state: { location: "\\q" }\n', "1:21  a backslash starts no escape"],
    ["a reserved character", "state: { location: @x }\n", "1:20  a text starts with a character YAML keeps for itself"],
    ["two documents", "parallel: 2\n---\nparallel: 3\n", "2:1  a second document starts here (---)"],
    ["a key that is a list", "? [a]\n: 1\n", "1:3  a key is no text"],
    ["an old version", "%YAML 1.1\n---\nparallel: 2\n", "1:1  another version of YAML is asked for"],
    ["an unknown tag", "parallel: !big 2\n", "1:16 parallel has a YAML tag"],
    ["a tag of other languages", "parallel: !!js/function 'x'\n", "1:25 parallel has a YAML tag"],
    ["binary data", "state: { location: !!binary aGVsbG8= }\n", "1:29 state.location has a YAML tag"],
    ["a merge key", "x: &x {}\nserve:\n  <<: *x\n", '3:3 serve["<<"] is a merge key, which YAML 1.2 does not have'],
    [
      "an anchor inside itself",
      "defaults: &a { dns: *a }\n",
      "1:21 defaults.dns refers to an anchor that is not there: *a",
    ],
    ["a list at the top", "- a\n- b\n", "1:1  should be a mapping, not a list"],
    ["a text at the top", "hello\n", '1:1  should be a mapping, not "hello"'],
    [
      "a control character",
      'state: { location: "a\\u0000b" }\n',
      "1:20 state.location has a control character or a line break",
    ],
    [
      "a line break",
      "state:\n  location: |\n    a\n    b\n",
      "2:13 state.location has a control character or a line break",
    ],
    ["a lone surrogate", "parallel: \ud800\n", "1:1  the file is not UTF-8 text"],
    ["bytes that are no text", Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]), "1:1  the file is not UTF-8 text"],
    ["too many bytes", `# ${"x".repeat(largestConfig)}`, "1:1  the file is larger than 4 MiB"],
  ])("is refused for %s", (_, text, expected) => {
    expect(shown(text)).toContain(expected);
  });

  test("is told no more of a line than its first mistake, and nothing of what follows", () => {
    const faults = shown("parallel: many\nserve:\n\tinterval: [1, 2\n\tlisten: }\nfoo: bar\n");
    expect(faults[0]).toBe('1:11 parallel should be a whole number from 1 to 256, not "many"');
    expect(faults[1]).toBe("3:1  a tab is used as indentation");
    expect(faults.every((fault) => !fault.includes("foo"))).toBe(true);
    expect(new Set(faults.map((fault) => fault.split(":")[0])).size).toBe(faults.length);
  });

  test("does not fill the memory with aliases", () => {
    const level = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(`*${of}`).join(", ")}]`;
    const names = ["b", "c", "d", "e", "f", "g", "h", "i"];
    const bomb = [
      "a: &a [x, x, x, x, x, x, x, x, x, x]",
      ...names.map((name, index) => level(name, "abcdefgh"[index] ?? "")),
    ];
    const problems = faultsOf(bomb.join("\n")).map(({ problem }) => problem);
    expect(problems).toContain("repeats far more than the file holds");
  });

  test("ends at brackets nested without end", () => {
    expect(shown(`parallel: ${"[".repeat(100_000)}`).length).toBeGreaterThan(0);
    expect(shown(`parallel: ${"[".repeat(40)}1${"]".repeat(40)}`)).toContain(
      "1:43 parallel[0][0][0] is nested too deep",
    );
  });

  test("lists a hundred faults and counts the others", () => {
    const text = Array.from({ length: 150 }, (_, index) => `key${index}: 1`).join("\n");
    const { message, faults } = refused(text);
    expect(faults).toHaveLength(150);
    expect(message.split("\n")).toHaveLength(102);
    expect(message).toMatch(/\n\.\.\. and 50 more$/);
  });
});

describe("a file that is good YAML", () => {
  test("may start with a byte order mark, end lines with CR LF, and have a comment in any place", () => {
    const text = "\ufeff# first\r\nparallel: 2 # second\r\nserve:\r\n  # third\r\n  interval: 10m\r\n";
    expect(read(text).settings).toMatchObject({ parallel: 2, serve: { interval: 600 } });
    expect(read(Buffer.from(text)).settings.parallel).toBe(2);
  });

  test("keeps a number of the DNS provider as it is written", () => {
    const options = read("providers: { p: { provider: acme-plugin, options: { a: 007, b: 1e3, c: 0x1F, d: 1_000 } } }")
      .settings.providers.p?.options;
    expect(options).toEqual({ a: "007", b: "1e3", c: "0x1F", d: "1_000" });
  });

  test("has keys that are names of nothing in particular", () => {
    const { providers } = read(
      "providers: { p: { provider: acme-plugin, options: { __proto__: a, constructor: b } } }",
    ).settings;
    expect(Object.entries(providers.p?.options ?? {})).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
    expect(shown("__proto__: 1\nconstructor: 2\ntoString: 3\n")).toHaveLength(3);
  });
});
