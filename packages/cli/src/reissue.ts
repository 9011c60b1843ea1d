import { isLive, renew } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import { locateCertificate, type Store, type StoredCertificate } from "@certwright/core/store";
import type { CommandResult, Invocation } from "./command.ts";
import { chooseSpecs } from "./config/chosen-specs.ts";
import type { revokeFlags } from "./declarations/stored.ts";
import { usageError } from "./errors.ts";
import { renewalResult } from "./renewal-result.ts";
import { openRun } from "./run-setup.ts";

/**
 * Obtains another certificate in place of one that is to be revoked, with a new key, and deploys it.
 *
 * @returns what the command ends with where it is not live everywhere: then the old one must not be revoked yet
 */
export async function reissue(
  old: StoredCertificate,
  config: Config | undefined,
  invocation: Invocation<typeof revokeFlags>,
  store: Store,
): Promise<CommandResult | undefined> {
  const { name } = old.meta;
  const { flags } = invocation;
  const [spec] = (await chooseSpecs(config, [name], store)).specs;
  if (spec === undefined) throw usageError(`${name} cannot be obtained again`, "Issue another, then revoke it.");
  const { acceptTos: acceptTerms, fetchEab } = flags;
  const engine = await openRun(invocation, { store, dns: spec.dns, acceptTerms, fetchEab, config });
  const results = await renew([spec], { force: true, insist: true, newKey: true, dryRun: false }, engine);
  const isEverywhere = results.every((result) => "targets" in result && result.targets.every(isLive));
  if (isEverywhere) return undefined;
  const failed = renewalResult(results, { detailedExitcode: false });
  const isIssued = results.some(({ outcome }) => outcome === "issued");
  const reason = flags.reason === undefined ? "" : ` --reason ${flags.reason}`;
  const leaf = locateCertificate(store, name, "leaf.pem", old.meta.generation);
  const next = isIssued
    ? `the new certificate of ${name} is not live everywhere, so the old one is not revoked yet. First certwright deploy ${name}, then: certwright revoke --cert ${leaf}${reason} --server ${old.meta.directoryUrl}`
    : `${name} is not revoked, for there is no other yet. To revoke it all the same, leave out --reissue.`;
  return { ...failed, lines: [...failed.lines, next] };
}
