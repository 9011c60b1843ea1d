import { isCertwrightError, nearest } from "@certwright/provider";
import type { Checking } from "./checking.ts";
import { secretHint, soundsSecret } from "./secret-type.ts";
import type { ProviderConfig } from "./table.ts";

/** What must be known of a provider to check its options: `describeOptions` of its definition. */
export interface ProviderSummary {
  readonly options: readonly {
    readonly option: string;
    readonly secret: boolean;
    readonly choices?: readonly string[] | undefined;
  }[];
}

/**
 * What is known of a provider by id, package name or path; undefined where nothing is, as of a package that has to be
 * loaded first. Throws where there can be no such provider.
 */
export type ProviderLookup = (id: string) => ProviderSummary | undefined;

/** Checks the options of every provider instance against the provider's definition. */
export function checkProviders(checking: Checking, lookup: ProviderLookup): void {
  for (const [label, provider] of Object.entries(checking.settings.providers)) {
    const id = provider.provider ?? label;
    try {
      checkOptions(checking, label, id, provider, lookup(id));
    } catch (error) {
      if (!isCertwrightError(error)) throw error;
      const isWritten = provider.provider !== undefined;
      const path = ["providers", label, ...(isWritten ? ["provider"] : [])];
      checking.tell(
        path,
        error.message.replace(/\.$/, ""),
        error.hint ?? "Give the id of a provider.",
        isWritten ? "value" : "key",
      );
    }
  }
}

function checkOptions(
  { tell }: Checking,
  label: string,
  id: string,
  { options = {} }: ProviderConfig,
  summary: ProviderSummary | undefined,
): void {
  const known = summary?.options.map(({ option }) => option) ?? [];
  for (const [name, value] of Object.entries(options)) {
    const path = ["providers", label, "options", name];
    const definition = summary?.options.find(({ option }) => option === name);
    if (summary !== undefined && definition === undefined) {
      const meant = nearest(name, known);
      const all = `Its options: ${known.join(", ") || "none"}.`;
      tell(path, `is not an option of ${id}`, meant === undefined ? all : `Did you mean ${meant}? ${all}`, "key");
    }
    if (typeof value !== "string") continue;
    if (definition?.secret ?? soundsSecret(name))
      tell(path, "is a secret, which must not stand in the file", secretHint);
    else if (definition?.choices?.includes(value) === false) {
      tell(path, `cannot be ${JSON.stringify(value.slice(0, 60))}`, `One of: ${definition.choices.join(", ")}.`);
    }
  }
}
