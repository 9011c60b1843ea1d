import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("many certificates are read in little memory", async () => {
  const script = `
    import { getHeapSpaceStatistics } from "node:v8";
    import { foldersToRead } from ${JSON.stringify(new URL("many-certificates.ts", import.meta.url).href)};
    const folders = await foldersToRead({ list: async () => Array.from({ length: 5000 }, (_, index) => index + "/") });
    const kept = [];
    for (let index = 0; index < 1_000_000; index += 1) kept.push({ index });
    const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    console.log(JSON.stringify({ folders: folders.length, kept: kept.length, young: space_size }));
  `;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  // V8 would say so there, if it knew the flag no more.
  expect(stderr).toBe("");
  const { young, ...rest } = JSON.parse(stdout);
  expect(rest).toEqual({ folders: 5000, kept: 1_000_000 });
  // Left alone it grows to 16 MiB and more.
  expect(young).toBeLessThanOrEqual(8 * 1024 * 1024);
});
