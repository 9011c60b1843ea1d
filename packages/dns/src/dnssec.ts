import { isCertwrightError } from "@certwright/provider";
import type { DnsType } from "./record.ts";
import type { Resolver } from "./resolver.ts";

/**
 * True where a look-up only fails because its answer does not pass DNSSEC validation: the resolver says SERVFAIL, and
 * hands the answer out when told not to check. A CA, which always checks, sees the failure.
 * False where the look-up works, or fails for another reason. Needs resolvers that validate.
 * @throws the reason of the signal.
 */
export async function isBogus(
  name: string,
  type: DnsType,
  resolver: Resolver,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<boolean> {
  if (await works(false)) return false;
  return works(true);

  async function works(checkingDisabled: boolean): Promise<boolean> {
    try {
      await resolver.query(name, type, { signal, checkingDisabled });
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isCertwrightError(error) || error.code !== "DNS_LOOKUP_FAILED") throw error;
      return false;
    }
  }
}
