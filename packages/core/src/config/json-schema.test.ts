import { follows } from "@certwright/tools/schema-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { configExample } from "./example.ts";
import { allObjects, configJsonSchema } from "./json-schema.ts";
import { located } from "./located.ts";
import { configReference } from "./reference.ts";
import { configTable } from "./table.ts";
import { read, refused } from "./testing/read.ts";
import type { Reading } from "./type.ts";

const schema = configJsonSchema();

describe("the JSON Schema", () => {
  test("is JSON, and says which draft it follows", () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(schema.$schema).toBe("http://json-schema.org/draft-07/schema#");
  });

  test.each([
    ["nothing", "{}"],
    ["everything", configExample],
    ["empty parts", "accounts:\ncas: {}\nproviders:\n  cloudflare:\nserve:\n"],
    [
      "short and long forms",
      "providers: { cloudflare: }\nhooks: { pre: [[a, b], { command: [a] }] }\ndefaults: { challenges: [dns-01, { type: http-01 }] }",
    ],
    [
      "references to secrets",
      "accounts: { a: { key: { env: A } }, b: { key: { file: a } } }\nstate: { location: s3://bucket, encryptionKey: { command: [a] } }",
    ],
    [
      "any option of a provider",
      "providers: { acme-plugin: { options: { a: b, c: 1, d: true, e: [f, 2], g: { env: H } } } }",
    ],
  ])("accepts what is accepted: %s", (_, text) => {
    expect(() => read(text)).not.toThrow();
    expect(follows(parse(text), schema)).toBe(true);
  });

  test.each([
    ["an unknown key", "acounts: {}"],
    ["an unknown key inside", "serve: { port: 1 }"],
    ["an unknown word", "defaults: { keyType: dsa }"],
    ["a word of another case", "defaults: { keyType: EC256 }"],
    ["a number that is too large", "parallel: 1000"],
    ["a fraction", "parallel: 1.5"],
    ["a duration without unit", 'serve: { interval: "10" }'],
    ["a missing key", "notifications: { m: { email: [a@example.com] } }"],
    ["two kinds of target at once", "targets: { t: { haproxy: /a.sock, exec: [a] } }"],
    ["no kind of target", "targets: { t: {} }"],
    ["a command as a text", "targets: { t: { exec: a b } }"],
    ["a secret", "state: { encryptionKey: abc }"],
    ["two references at once", "state: { encryptionKey: { env: A, file: b } }"],
    ["a list that is none", "defaults: { deploy: a }"],
    ["a list that is empty", "defaults: { cas: [] }"],
    ["an entry twice", 'defaults: { deploy: ["haproxy:/a", "haproxy:/a"] }'],
    ["a label with a space", "accounts: { a b: {} }"],
    ["a flag that is none", 'defaults: { reuseKey: "yes" }'],
    ["an address without port", "serve: { listen: localhost }"],
    ["an e-mail address that is none", "accounts: { a: { email: ops } }"],
    ["a mapping that is a list", "serve: [a]"],
  ])("refuses what is refused: %s", (_, text) => {
    expect(refused(text).faults.length).toBeGreaterThan(0);
    expect(follows(parse(text), schema)).toBe(false);
  });
});

describe("the table of keys", () => {
  const objects = allObjects(configTable.self);
  const keys = objects.flatMap(({ name, keys: all }) =>
    Object.entries(all).map(([key, each]) => ({ name, key, each })),
  );

  test("describes every key in sentences", () => {
    expect(keys.length).toBeGreaterThan(120);
    for (const { name, key, each } of keys) expect(each.description, `${name}.${key}`).toMatch(/^\S.*[.?)]$/s);
    for (const { name, description } of objects) expect(description, name).toMatch(/\.$/);
  });

  test("has no two objects of one name that differ", () => {
    const seen = new Map<string, unknown>();
    const visit = (object: (typeof objects)[number]): void => {
      expect(seen.get(object.name) ?? object.schema, object.name).toEqual(object.schema);
      seen.set(object.name, object.schema);
      for (const inner of object.objects) visit(inner);
    };
    visit(configTable.self);
  });

  test("has defaults that would be accepted in the file", () => {
    const told: string[] = [];
    const reading: Reading = {
      path: [],
      directory: "/",
      at: () => reading,
      fault: (_, problem) => {
        told.push(problem);
        throw new Error(problem);
      },
    };
    for (const { each } of keys) {
      if (each.presence !== "filled") continue;
      each.type.read(located(each.default, { line: 1, column: 1 }), reading);
      expect(follows(each.default, each.type.schema, schema)).toBe(true);
    }
    expect(told).toEqual([]);
  });

  test("is the reference page: a section for every object, a row for every key, links that lead somewhere", () => {
    const page = configReference();
    for (const { name } of objects.slice(1)) expect(page).toContain(`\n## ${name}\n`);
    expect(page.match(/^\| `/gm)).toHaveLength(keys.length);
    const headings = new Set([...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading));
    for (const [, target] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(headings).toContain(target);
    expect(page).not.toMatch(/undefined|\[object/);
  });
});
