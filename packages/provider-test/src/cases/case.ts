import type { ProviderLimit, ProviderTraits } from "@certwright/provider";
import type { FakeWorld, HttpWorld, World } from "../world.ts";

/** One named test of the kit. */
export type Case = {
  readonly name: string;
  /** Left out for a provider that declares one of these limits. */
  readonly without?: readonly ProviderLimit[];
  /** Left out unless it holds. */
  readonly when?: (traits: ProviderTraits) => boolean;
  /** Left out for a provider without secrets. */
  readonly withSecret?: boolean;
  /** The case changes the zones on purpose and checks them itself. */
  readonly leaves?: boolean;
} & (
  | { readonly needs: "any"; run(world: World): Promise<void> }
  | { readonly needs: "fake"; run(world: FakeWorld): Promise<void> }
  | { readonly needs: "http"; run(world: HttpWorld): Promise<void> }
);

/** A name can hold so many values. */
export const room =
  (count: number) =>
  ({ maxValues }: ProviderTraits) =>
    maxValues === undefined || maxValues >= count;

/** A name can hold two values. */
export const several = room(2);
