import type { DefinedProvider, SetupResult } from "./define.ts";
import { ProviderError } from "./errors.ts";
import { checkVersion, guard } from "./guard.ts";
import { makeContext } from "./make-context.ts";
import { createMasker } from "./mask.ts";
import type { OpenOptions } from "./open.ts";
import { secretsOf } from "./options.ts";

/**
 * Runs the steps a provider needs once, before its first certificate (the registration with an acme-dns server).
 *
 * @throws ProviderError `PROVIDER_UNSUPPORTED` where the provider has no such step, else what it throws.
 */
export async function setUpProvider(
  definition: DefinedProvider,
  {
    instance,
    options,
    host,
    domains,
  }: Pick<OpenOptions, "instance" | "options" | "host"> & { readonly domains: readonly string[] },
): Promise<SetupResult> {
  checkVersion(definition);
  if (definition.setup === undefined)
    throw new ProviderError("PROVIDER_UNSUPPORTED", `${definition.name} needs no set-up`, {
      provider: definition.id,
      hint: "Use it as it is.",
    });
  const mask = createMasker(secretsOf(definition, options));
  const context = makeContext({ definition, instance, values: options, host, mask });
  const call = guard(definition.id, instance, host.signal, mask);
  return call(
    "configure",
    async () => (await definition.setup?.(options as never, { ...context, domains })) as SetupResult,
  );
}
