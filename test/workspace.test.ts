import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const providers = (await readdir(join(root, "providers"))).sort();
const text = (path: string): Promise<string> => readFile(join(root, path), "utf8");

/** What providers may bring along: the SDKs this project is built on. */
const sdks = ["@aws-sdk/client-route-53", "@azure/arm-dns", "@azure/identity", "@google-cloud/dns", "cloudflare"];

describe.each(providers)("provider %s", (id) => {
  test("is a definition, a page, a manifest and a test that calls the kit", async () => {
    const { default: definition } = await import(join(root, "providers", id, "src/index.ts"));
    expect(definition.id).toBe(id);
    expect(await text(`providers/${id}/src/index.test.ts`)).toContain("conformance(");
    const page = await text(`providers/${id}/README.md`);
    expect(
      page.replace(/<!-- derived[\s\S]*<!-- end of the derived part -->/, "").length,
      "prose on the token and its permission",
    ).toBeGreaterThan(120);
  });

  test("brings nothing along but our own packages and its SDK, and reaches for nothing it was not given", async () => {
    const { dependencies } = JSON.parse(await text(`providers/${id}/package.json`));
    const own = ["@certwright/provider", "@certwright/dns"];
    expect(Object.keys(dependencies).filter((name) => !own.includes(name) && !sdks.includes(name))).toEqual([]);
    const files = (await readdir(join(root, "providers", id, "src"))).filter(
      (file) => file.endsWith(".ts") && !file.includes(".test.") && !file.includes(".fixture."),
    );
    for (const file of files) {
      const source = await text(`providers/${id}/src/${file}`);
      expect(source, file).not.toMatch(
        /process\.env|node:(?:fs|http|https|net|dgram|child_process|timers)|setTimeout|globalThis\.fetch\(|Date\.now|console\./,
      );
    }
  });
});

test("there are sixty providers or more, and no name leads to two", async () => {
  expect(providers.length).toBeGreaterThanOrEqual(60);
});

test("every link of the documentation to a file of this repository leads somewhere", async () => {
  const pages = [
    "README.md",
    ...(await markdown("docs")),
    ...(await markdown("packages")),
    ...(await markdown("providers")),
  ];
  const broken: string[] = [];
  for (const page of pages) {
    for (const [, link = ""] of (await text(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(?:[a-z]+:|#)/.test(link)) continue;
      const target = resolve(root, dirname(page), link.replace(/#.*$/, ""));
      const exists = await stat(target).then(
        () => true,
        () => false,
      );
      if (!exists) broken.push(`${page}: ${link}`);
    }
  }
  expect(broken).toEqual([]);
});

test("every error code a user can meet stands in a table with its meaning", async () => {
  const reference = await text("docs/reference/errors.md");
  const unknown: string[] = [];
  for (const file of await sources("packages")) {
    const source = await text(file);
    for (const [, code = ""] of source.matchAll(
      /new (?:CertwrightError|ProviderError|StoreError|HaproxyError|HookError)\(\s*"([A-Z][A-Z0-9_]+)"/g,
    )) {
      if (!reference.includes(`\`${code}\``)) unknown.push(`${file}: ${code}`);
    }
  }
  expect(unknown).toEqual([]);
});

async function markdown(folder: string): Promise<readonly string[]> {
  const files = await readdir(join(root, folder), { recursive: true });
  return files
    .filter((file) => file.endsWith(".md") && !file.includes("node_modules"))
    .map((file) => join(folder, file));
}

async function sources(folder: string): Promise<readonly string[]> {
  const files = await readdir(join(root, folder), { recursive: true });
  return files
    .filter(
      (file) =>
        /\/src\/.*(?<!\.test|\.fixture)\.ts$/.test(file) &&
        !/node_modules|\/dist\/|\/testing\/|^provider-test\/|^tools\//.test(file),
    )
    .map((file) => join(folder, file));
}
