import type { RegistryEntry } from "./plugins/registry-entry.ts";
import entries from "./registry.json" with { type: "json" };

/** Our own providers, from their definitions by `npm run sync`; the file is data alone, and large. */
export const registry = entries as unknown as readonly RegistryEntry[];
