/** `npm run new-provider -- ID [--name ...]`: writes the files of a provider, with one failing test, and says what is next. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "@certwright/provider";
import { readAnswers } from "./new-provider/answers.ts";
import { providerFiles } from "./new-provider/files.ts";
import { workspaceRoot } from "./workspace.ts";

try {
  const answers = await readAnswers(process.argv.slice(2), process.stdin.isTTY === true);
  const folder = join(workspaceRoot, "providers", answers.id);
  // Fails where there is one already: nobody's work is overwritten.
  await mkdir(folder);
  for (const [path, text] of providerFiles(answers, new Date().toISOString().slice(0, 10))) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { flag: "wx" });
    console.log(`written: providers/${answers.id}/${path}`);
  }
  console.log(
    [
      "",
      "Next:",
      "  1. npm run sync, and npx pnpm@12.21.0 install --no-frozen-lockfile",
      `  2. npm test -- providers/${answers.id}: all passes but the test that says the API is made up`,
      "  3. state the API as its documentation has it: its routes in src/index.test.ts, the calls in src/index.ts",
      "  4. npm run sync again: it fills the tables of the README and the command's registry",
    ].join("\n"),
  );
} catch (error) {
  const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
  console.error(exists ? "there is a provider of that id already" : messageOf(error));
  process.exitCode = 2;
}
