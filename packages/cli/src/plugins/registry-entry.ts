import type { OptionRow, Tested } from "@certwright/provider";

/** What is known of a provider of Certwright's own without loading it; generated from its definition. */
export interface RegistryEntry {
  readonly id: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly package: string;
  /** Comes with `certwright`; others bring an SDK along and are installed by those who want them. */
  readonly included: boolean;
  readonly website: string;
  readonly docs: string;
  readonly permissions: string;
  readonly tested: Tested;
  readonly options: readonly OptionRow[];
}
