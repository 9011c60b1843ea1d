import { expect, test } from "vitest";
import { findBreaches, type Manifest } from "./layers.ts";

const manifests: Manifest[] = [
  manifest("packages/provider", "@certwright/provider"),
  manifest("packages/dns", "@certwright/dns", ["@certwright/provider", "dns-packet"]),
  manifest("packages/core", "@certwright/core", ["@certwright/dns", "@certwright/provider"]),
  manifest("packages/haproxy", "@certwright/haproxy", ["@certwright/core", "certwright"]),
  manifest("packages/cli", "certwright", ["@certwright/core", "@certwright/haproxy"]),
  manifest("providers/acme-dns", "@certwright/dns-acme-dns", ["@certwright/provider", "@certwright/core"]),
  { ...manifest("packages/tools", "@certwright/tools"), exports: ["./servers"] },
];

function manifest(folder: string, name: string, dependencies: string[] = []): Manifest {
  return { folder, name, dependencies, exports: ["."] };
}

function breaches(path: string, text: string): string[] {
  return findBreaches([{ path, text }], manifests).map((line) => line.slice(path.length + 2));
}

test.each([
  ["packages/core/src/issue/a.ts", 'import { x } from "../acme/order.ts";\nimport y from "@certwright/dns";'],
  ["packages/core/src/manage/a.ts", 'import type { x } from "../issue/issue.ts";'],
  ["packages/dns/src/a.ts", 'import { CertwrightError, type ErrorDetails } from "@certwright/provider";'],
  ["packages/cli/src/a.ts", 'import { readFile } from "node:fs/promises";\nawait import("@certwright/haproxy");'],
  ["packages/haproxy/src/a.test.ts", 'import { startBind } from "@certwright/tools/servers";\nimport "vitest";'],
  ["test/a.test.ts", 'import { x } from "@certwright/core";\nimport { y } from "./fixture.ts";'],
  [
    "providers/acme-dns/src/index.ts",
    " * import { x } from '@certwright/core';\n// import y from \"@certwright/core\"",
  ],
])("%s may: %s", (path, text) => {
  expect(breaches(path, text)).toEqual([]);
});

test.each([
  ["packages/core/src/acme/a.ts", 'import { x } from "../issue/a.ts";', "core/acme must not know core/issue"],
  ["packages/core/src/store/a.ts", 'export * from "../manage/a.ts";', "core/store must not know core/manage"],
  ["packages/core/src/issue/a.ts", 'import type { x } from "../manage/a.ts";', "core/issue must not know core/manage"],
  ["packages/core/src/a.ts", 'import { x } from "@certwright/haproxy";', "must not know packages/haproxy"],
  ["packages/haproxy/src/a.ts", 'const x = await import("certwright");', "must not know packages/cli"],
  ["providers/acme-dns/src/a.ts", 'import {\n  x,\n} from "@certwright/core";', "must not know packages/core"],
  [
    "packages/dns/src/a.ts",
    'import { defineProvider } from "@certwright/provider";',
    "only the error base and shared work",
  ],
  ["packages/dns/src/a.ts", 'import * as all from "@certwright/provider";', "only the error base and shared work"],
  ["packages/core/src/a.ts", 'import { x } from "../../dns/src/a.ts";', "relative path into another package"],
  ["packages/core/src/a.ts", 'import { x } from "@certwright/dns/src/a.ts";', "does not export this path"],
  ["test/a.test.ts", 'import { x } from "../packages/core/src/a.ts";', "relative path into another package"],
  ["packages/core/src/a.ts", 'import x from "left-pad";', "not among the dependencies"],
  ["packages/core/src/a.ts", 'import { startBind } from "@certwright/tools/servers";', "must not know packages/tools"],
])("%s may not: %s", (path, text, reason) => {
  expect(breaches(path, text)).toEqual([expect.stringContaining(reason)]);
});

test("names and sizes", () => {
  expect(breaches("packages/core/src/badName.ts", "")).toEqual(['"badName.ts" is not kebab-case']);
  expect(breaches("packages/core/src/a.ts", "\n".repeat(400))).toEqual([]);
  expect(breaches("packages/core/src/a.ts", "\n".repeat(401))).toEqual([expect.stringContaining("401 lines")]);
});
