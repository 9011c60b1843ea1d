import { glob, readdir, readFile, stat } from "node:fs/promises";
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
      if (/^[a-z]+:/.test(link)) continue;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? join(root, page) : resolve(root, dirname(page), path);
      const exists = await stat(target).then(
        () => true,
        () => false,
      );
      const leads = exists && (anchor === undefined || anchorsOf(await readFile(target, "utf8")).includes(anchor));
      if (!leads) broken.push(`${page}: ${link}`);
    }
  }
  expect(broken).toEqual([]);
});

test("README leads to every page, in one screen and a little", async () => {
  const readme = await text("README.md");
  const pages = (await markdown("docs")).filter((page) => !readme.includes(`(${page})`));
  expect(pages).toEqual([]);
  expect(readme.split("\n").length).toBeLessThan(90);
});

test("the rooms that docs/architecture.md names are there", async () => {
  const page = await text("docs/architecture.md");
  const inCore = [...page.matchAll(/^\| [\w-]+ \| (`[^|]+`) \|/gm)].flatMap(
    ([, cell = ""]) => cell.match(/[\w/-]+/g) ?? [],
  );
  const whole = [...page.matchAll(/`(packages\/[\w./-]+)`/g)].map(([, path = ""]) => path);
  const missing: string[] = [];
  for (const path of [...inCore.map((room) => `packages/core/src/${room}`), ...whole]) {
    const found = await Promise.all([path, `${path}.ts`].map((each) => stat(join(root, each)).catch(() => undefined)));
    if (found.every((each) => each === undefined)) missing.push(path);
  }
  expect(inCore.length).toBeGreaterThan(8);
  expect(missing).toEqual([]);
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

/** What a page's headings are linked by, as GitHub makes it. */
function anchorsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Files below a folder; not what is installed, nor what is built, which may come and go meanwhile. */
async function filesBelow(folder: string, pattern: string): Promise<readonly string[]> {
  const exclude = (name: string) => name === "node_modules" || name === "dist";
  const found: string[] = [];
  for await (const file of glob(`${folder}/${pattern}`, { cwd: root, exclude })) found.push(file);
  return found;
}

function markdown(folder: string): Promise<readonly string[]> {
  return filesBelow(folder, "**/*.md");
}

async function sources(folder: string): Promise<readonly string[]> {
  const files = await filesBelow(folder, "*/src/**/*.ts");
  return files.filter((file) => !/(?:\.test|\.fixture)\.ts$|\/testing\/|\/provider-test\/|\/tools\//.test(file));
}
