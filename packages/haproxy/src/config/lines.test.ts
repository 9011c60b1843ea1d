import { expect, test } from "vitest";
import { holds } from "./conditions.ts";
import { type LineOptions, readConfigLines } from "./lines.ts";

function read(text: string, options: Partial<LineOptions> = {}) {
  const unread: string[] = [];
  const onUnreadable = (place: string) => void unread.push(place);
  const wanted = new Set(["bind", "tune.bufsize"]);
  const lines = readConfigLines([{ file: "h", text }], { wanted, env: {}, onUnreadable, ...options });
  return { lines: lines.map(({ place, words }) => `${place} ${words.join(" ")}`), unread };
}

test("comments and backslashes at the end of a line join nothing", () => {
  expect(read("frontend f # a \\\n bind :1 \\\n # b \\\n bind :2\n timeout client 1s\n").lines).toEqual([
    "h:1 frontend f",
    "h:2 bind :1 \\",
    "h:4 bind :2",
  ]);
});

test("a line with a variable nobody knows is told, and left out", () => {
  expect(read('frontend f\n bind "$A"\n log "$A"\n bind :2\n')).toEqual({
    lines: ["h:1 frontend f", "h:4 bind :2"],
    unread: ["h:2"],
  });
  expect(read('frontend f\n bind ":$A"\n', { isOwnEnv: true }).lines.at(-1)).toBe("h:2 bind :");
});

test("what the global section does to variables", () => {
  const text = (how: string) => `global\n ${how}\nfrontend f\n bind "$A"\n`;
  const bind = (how: string, A?: string) => read(text(how), { env: { A } }).lines.at(-1);
  expect(bind("setenv A x", "y")).toBe("h:4 bind x");
  expect(bind("presetenv A x", "y")).toBe("h:4 bind y");
  expect(bind("presetenv A x")).toBe("h:4 bind x");
  expect(bind("resetenv A", "y")).toBe("h:4 bind y");
  expect(bind("resetenv B", "y")).toBe("h:3 frontend f");
  expect(bind("unsetenv B A", "y")).toBe("h:3 frontend f");
});

test("of conditional blocks, what holds and what nobody can tell", () => {
  const text = `.if defined(A)
frontend a
.if streq("$A",1)
frontend a-one
.elif feature(OPENSSL)
frontend a-maybe
.else
frontend a-other
.endif
.elif version_atleast(3.0)
frontend new
.if 1
frontend inside
.endif
.else
frontend old
.endif
.if streq("$B",1)
frontend b
.else
frontend not-b
.endif
frontend last
`;
  const names = (env: Record<string, string>, options: Partial<LineOptions> = {}) =>
    read(text, { env, ...options }).lines.map((line) => line.replace(/.* /, ""));
  expect(names({ A: "1" })).toEqual(["a", "a-one", "b", "not-b", "last"]);
  expect(names({ A: "2", B: "1" })).toEqual(["a", "a-maybe", "a-other", "b", "last"]);
  const own = { isOwnEnv: true };
  expect(names({}, { ...own, version: "3.2.26-1" })).toEqual(["new", "inside", "not-b", "last"]);
  expect(names({}, { ...own, version: "2.6.12" })).toEqual(["old", "not-b", "last"]);
  expect(names({}, own)).toEqual(["new", "inside", "old", "not-b", "last"]);
  const byItself = ".if defined(HAPROXY_MWORKER)\nfrontend workers\n.endif\n";
  expect(read(byItself, own).lines).toEqual(["h:2 frontend workers"]);
  expect(read(byItself.replace("HAPROXY_", ""), own).lines).toEqual([]);
});

test.each([
  ["", false],
  ["0", false],
  ["1 && ! 0", true],
  ["0 && 0 || 1", true],
  ["(0 || 1) && 1", true],
  ["!(1 && 1)", false],
  ["feature(A) || 1", true],
  ["feature(A) && 0", false],
  ["feature(A) && 1", undefined],
  ["defined(A)", true],
  ["defined( A )", undefined],
  ["strneq(a,b)", true],
  ["streq(a , a)", false],
  ["strstr(abc,b)", true],
  ["version_atleast(3.2.26)", true],
  ["version_before(3.10)", true],
  ["version_before(3.2)", false],
  ["true", undefined],
  ["1 1", undefined],
  ["(1", undefined],
])("the condition %j: %s", (condition, value) => {
  const variables = { values: new Map([["A", "x"]]), areAll: false };
  expect(holds(condition, { variables, version: "3.2.26-1" })).toBe(value);
});
