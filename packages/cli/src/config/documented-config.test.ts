import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ConfigError } from "@certwright/core/config";
import { expect, it } from "vitest";
import { readConfigText } from "./read-config-file.ts";

const root = resolve(import.meta.dirname, "../../../..");

/** What a part of a file stands beside in a real one. */
const rest = "\nproviders: { desec: {} }\n";

it("every configuration the documentation shows is right, a part of one together with a provider", async () => {
  const faults: string[] = [];
  let shown = 0;
  for (const page of await pages()) {
    const text = await readFile(join(root, page), "utf8");
    for (const [, block = ""] of text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)) {
      // A part of a CI system's own file is indented as it is there.
      if (block.startsWith(" ")) continue;
      shown++;
      const whole = [
        block,
        /^certificates:/m.test(block) ? "" : "certificates: {}\n",
        /^providers:/m.test(block) ? "" : rest,
      ];
      await readConfigText(whole.join(""), "/etc/certwright/certwright.yaml").catch((error) => {
        if (!(error instanceof ConfigError)) throw error;
        faults.push(
          ...error.faults.map(({ line, problem, path }) => `${page}: line ${line} of\n${block}: ${path} ${problem}`),
        );
      });
    }
  }
  expect(faults).toEqual([]);
  expect(shown).toBeGreaterThan(7);
});

async function pages(): Promise<readonly string[]> {
  const guides = (await readdir(join(root, "docs/guide"))).map((file) => join("docs/guide", file));
  return ["README.md", ...guides];
}
