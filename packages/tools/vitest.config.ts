import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Limits of time end what hangs and judge nothing: on a busy machine everything takes many times as long.
const limits = { testTimeout: 240_000, hookTimeout: 240_000, expect: { poll: { timeout: 120_000 } } };

/** Two projects: units beside the code, quick and in one process each; end to end against real servers. */
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "providers/*/src/**/*.test.ts"],
          isolate: false,
          ...limits,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/**/*.test.ts"],
          maxWorkers: 2,
          ...limits,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
