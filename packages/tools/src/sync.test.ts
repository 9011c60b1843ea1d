import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { withTempDir } from "./servers/temp-dir.ts";
import { derivedFiles } from "./sync-files.ts";

const definition = (id: string, more = "") => `export default {
  id: "${id}", name: "The ${id}", website: "https://${id}.test", docs: "https://${id}.test/api", apiVersion: 1,
  options: { token: { description: "a | b", env: ["X_TOKEN"], secret: true } },
  traits: { granularity: "record" }, permissions: "TXT.",
  tested: { by: "contract", against: "its pages", on: "2026-11-01" }, create: () => ({}), ${more}
};`;

/** Derives from a workspace of these files; `write` puts the result in place, as sync does. */
async function derive(files: Readonly<Record<string, string>>, check: (root: string) => Promise<void>): Promise<void> {
  await withTempDir(async (root) => {
    const command = {
      name: "certwright",
      version: "9.8.7",
      dependencies: { "@certwright/dns-gone": "workspace:^", commander: "catalog:" },
    };
    for (const [path, text] of Object.entries({ "packages/cli/package.json": JSON.stringify(command), ...files })) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    await check(root);
  });
}

describe("derivedFiles", () => {
  it("writes the exit codes into the README, between their markers alone", () =>
    derive({ "README.md": "# A\n<!-- exit codes -->\nstale\n<!-- end of exit codes -->\nB $& C\n" }, async (root) => {
      const readme = (await derivedFiles(root)).files.get("README.md") ?? "";
      expect(readme).toMatch(
        /^# A\n<!-- exit codes -->\n\n\| code \|.*\n\| 4 \| .*\n<!-- end of exit codes -->\nB \$& C\n$/s,
      );
      expect(readme).not.toContain("stale");
    }));

  it("gives providers with an SDK to those who ask, all others to everybody", () =>
    derive(
      {
        "providers/light/src/index.ts": definition("light"),
        "providers/heavy/src/index.ts": definition("heavy"),
        "providers/heavy/package.json": JSON.stringify({
          version: "2.0.0",
          description: "Mine.",
          dependencies: { sdk: "1" },
        }),
        "providers/unfinished/README.md": "# to come",
      },
      async (root) => {
        const { files, faults } = await derivedFiles(root);
        expect(faults).toEqual([]);
        const command = JSON.parse(files.get("packages/cli/package.json") ?? "");
        expect(command.dependencies).toEqual({ "@certwright/dns-light": "workspace:^", commander: "catalog:" });
        expect(command.devDependencies).toEqual({ "@certwright/dns-heavy": "workspace:^" });
        expect(command.peerDependenciesMeta).toEqual({ "@certwright/dns-heavy": { optional: true } });
        expect(JSON.parse(files.get("packages/cli/src/registry.json") ?? "")).toMatchObject([
          { id: "heavy", included: false },
          {
            id: "light",
            included: true,
            package: "@certwright/dns-light",
            options: [{ option: "token", required: true }],
          },
        ]);
        expect(files.get("packages/cli/src/version.ts")).toContain('"9.8.7"');
        expect(JSON.parse(files.get("providers/heavy/package.json") ?? "")).toMatchObject({
          name: "@certwright/dns-heavy",
          version: "2.0.0",
          description: "Mine.",
          dependencies: { "@certwright/provider": "workspace:^", sdk: "1" },
        });
      },
    ));

  it("keeps the prose of a README around the derived part, and finds it fresh the second time", () =>
    derive(
      {
        "providers/x/src/index.ts": definition("x", 'aliases: ["ex"]'),
        "providers/x/README.md": "# X\n\nHow to make a token.\n",
      },
      async (root) => {
        const { files } = await derivedFiles(root);
        const readme = files.get("providers/x/README.md") ?? "";
        expect(readme).toMatch(/^# X\n\nHow to make a token\.\n\n<!-- derived/);
        expect(readme).toContain("| `token` | `X_TOKEN` | a \\| b; required; secret |");
        expect(readme).toContain("Also known as: `ex`");
        const edited = readme.replace("How to", "Where to").replace("`X_TOKEN`", "`OLD`");
        for (const [path, text] of files) {
          await mkdir(dirname(join(root, path)), { recursive: true });
          await writeFile(join(root, path), path.endsWith("README.md") ? edited : text);
        }
        const again = await derivedFiles(root);
        expect(again.files.get("providers/x/README.md")).toBe(readme.replace("How to", "Where to"));
        for (const [path, text] of again.files) {
          if (!path.endsWith("README.md")) expect(await readFile(join(root, path), "utf8"), path).toBe(text);
        }
      },
    ));

  it("names what keeps a provider from being one", () =>
    derive(
      {
        "providers/a/src/index.ts": definition("b"),
        "providers/broken/src/index.ts": "export default {",
        "providers/one/src/index.ts": definition("one", 'aliases: ["same"]'),
        "providers/two/src/index.ts": definition("two", 'aliases: ["same"]'),
      },
      async (root) => {
        const { faults, files } = await derivedFiles(root);
        expect(faults).toEqual([
          expect.stringContaining('providers/a/src/index.ts: its default export must be a provider with the id "a"'),
          expect.stringContaining("providers/broken/src/index.ts: "),
          'the name "same" belongs to both one and two',
        ]);
        expect(files.has("providers/a/package.json")).toBe(false);
      },
    ));
});
