import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { readAnswers, shapes } from "./new-provider/answers.ts";
import { providerFiles } from "./new-provider/files.ts";
import { workspaceRoot } from "./workspace.ts";

const flags = [
  "--name",
  "My Host",
  "--website",
  "https://a.test",
  "--docs",
  "https://a.test/docs",
  "--endpoint",
  "https://api.a.test",
];

// Inside the workspace, so that what is written finds the packages it imports.
const folder = await mkdtemp(join(workspaceRoot, "packages/tools/node_modules/.new-provider-"));
afterAll(() => rm(folder, { recursive: true }));

describe.each(shapes)("a new provider of the shape %s", async (shape) => {
  const answers = await readAnswers(["my-host", ...flags, "--shape", shape], false);
  const files = providerFiles(answers, "2026-01-01");
  const at = (path: string): string => join(folder, shape, path);
  const unfinished = /^test\(.*?^\}\);\n/ms;
  for (const [path, text] of files) {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), text.replace(unfinished, ""));
  }
  // Registers the cases of the kit here: the provider as it was written passes them all.
  await import(pathToFileURL(at("src/index.test.ts")).href);

  it("is the provider that was asked for, with one test that fails until its API is stated", async () => {
    expect([...files.keys()]).toEqual(["package.json", "README.md", "src/index.ts", "src/index.test.ts"]);
    const { default: definition } = await import(pathToFileURL(at("src/index.ts")).href);
    expect(definition).toMatchObject({ id: "my-host", name: "My Host", traits: { granularity: shape } });
    expect(unfinished.exec(files.get("src/index.test.ts") ?? "")?.[0]).toContain("throw new Error");
  });
});

it("says everything that is missing, and refuses what will not do", async () => {
  await expect(readAnswers([], false)).rejects.toThrow(
    "missing: the id, --name, --website, --docs, --endpoint, --shape",
  );
  await expect(readAnswers(["My_Host", ...flags, "--shape", "record"], false)).rejects.toThrow("id:");
  await expect(readAnswers(["a", ...flags, "--shape", "line"], false)).rejects.toThrow("shape:");
});
