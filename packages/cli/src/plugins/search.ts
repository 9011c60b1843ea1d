import { fileURLToPath } from "node:url";
import type { PluginSearch } from "./load-provider.ts";

/** Where this program looks for providers. The registry is large: it is read only when a provider is wanted. */
export async function pluginSearch(cwd: string): Promise<PluginSearch> {
  const { registry } = await import("../registry.ts");
  return { cwd, home: fileURLToPath(new URL(".", import.meta.url)), registry };
}
