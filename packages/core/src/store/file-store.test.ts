import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";
import { storeConformance } from "./conformance/index.ts";
import { fileStore } from "./file-store.ts";

storeConformance({
  test,
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), "certwright-store-"));
    return {
      client: async () => fileStore(join(folder, "state"), { now: () => Date.now(), warn: () => {} }),
      close: () => rm(folder, { recursive: true }),
    };
  },
});
