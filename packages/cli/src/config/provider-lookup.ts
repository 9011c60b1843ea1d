import type { ProviderLookup, ProviderSummary } from "@certwright/core/config";
import { asError, describeOptions } from "@certwright/provider";
import { loadProvider, type PluginSearch } from "../plugins/load-provider.ts";
import { readProviderName } from "../plugins/provider-name.ts";

/** What is known of providers without loading our own; strangers' are loaded between two readings of a file. */
export interface ProviderKnowledge {
  readonly lookup: ProviderLookup;
  /** Loads those asked for that were not known; false where there were none. Failures are told by the next look-up. */
  readonly learn: () => Promise<boolean>;
}

/** Knowledge that begins with the registry. */
export function createProviderKnowledge(search: PluginSearch): ProviderKnowledge {
  const loaded = new Map<string, ProviderSummary | Error>();
  const unknown = new Set<string>();
  return {
    lookup: (id) => {
      const found = readProviderName(id, search.cwd, search.registry);
      if (found.kind === "own") return found.entry;
      const known = loaded.get(id);
      if (known instanceof Error) throw known;
      if (known === undefined) unknown.add(id);
      return known;
    },
    learn: async () => {
      const wanted = [...unknown];
      unknown.clear();
      for (const id of wanted) {
        loaded.set(
          id,
          await loadProvider(id, search).then((definition) => ({ options: describeOptions(definition) }), asError),
        );
      }
      return wanted.length > 0;
    },
  };
}
