import { test } from "vitest";
import { storeConformance } from "./conformance/index.ts";
import { memoryState, memoryStore } from "./memory-store.ts";

storeConformance({
  test,
  open: async () => {
    const state = memoryState();
    return { client: async () => memoryStore(state) };
  },
});
