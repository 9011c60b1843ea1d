import { type CaSpec, type CertificateInfo, matchesKey, openCa, parseChain, readKey } from "@certwright/core";
import { readCertificate, type Store, type StoredCertificate } from "@certwright/core/store";
import { chooseAccount } from "../account-choice.ts";
import { onlyCa } from "../ca-spec.ts";
import type { CommandResult, Invocation } from "../command.ts";
import { openConfig } from "../config/open-config.ts";
import type { revokeFlags } from "../declarations/stored.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { readSmallTextFile } from "../files.ts";
import { openCaAccess } from "../parts/ca-access.ts";
import { type RevokingCa, rememberRevoked, revokeBy, revokeByKey, revokeStored } from "../revocation.ts";
import { openOnlyState, openState } from "../state/open-state.ts";
import { onlyCertificate } from "../stored-certificates.ts";
import { createWorld } from "../world.ts";

type RevokeInvocation = Invocation<typeof revokeFlags>;

/** Revokes a certificate of the store, or one in a file. */
export async function run(invocation: RevokeInvocation): Promise<CommandResult> {
  const { args, flags } = invocation;
  const [name] = args;
  if ((name === undefined) === (flags.cert === undefined)) {
    throw usageError("say which certificate", "Name one of the store, or give a file with --cert.");
  }
  if (name === undefined && flags.reissue)
    throw usageError("--reissue without a certificate of the store", "Name one of: certwright list");
  if (name !== undefined && flags.key !== undefined)
    throw usageError("--key without --cert", "A stored certificate's key is known. Leave it out.");
  return name === undefined ? revokeFile(flags.cert ?? "", invocation) : revokeNamed(name, invocation);
}

async function revokeNamed(name: string, invocation: RevokeInvocation): Promise<CommandResult> {
  const { flags } = invocation;
  const config = await openConfig(invocation);
  const store = await openState(invocation, config);
  await onlyCertificate(store, name);
  const stored = await readCertificate(store, name);
  const [leaf] = parseChain(stored?.leafPem ?? "");
  if (stored === undefined || leaf === undefined)
    throw usageError(`${name} has no certificate`, "See: certwright list");
  if (flags.reissue) {
    const { reissue } = await import("../reissue.ts");
    const failed = await reissue(stored, config, invocation, store);
    if (failed !== undefined) return failed;
  }
  const at = await openRevokingCa(caOf(stored), invocation, store, stored.spec.dns);
  const isNew = await revokeStored(stored, leaf, at, optionsOf(invocation));
  return await finish(name, leaf, isNew, at, invocation);
}

async function revokeFile(path: string, invocation: RevokeInvocation): Promise<CommandResult> {
  const { flags, context } = invocation;
  const [leaf] = parseChain(await readSmallTextFile(path));
  if (leaf === undefined) throw usageError(`${path} holds no certificate`, "Give the certificate in PEM.");
  const keyPem = flags.key === undefined ? undefined : await readSmallTextFile(flags.key);
  const asked = onlyCa(flags, context);
  const at = await openRevokingCa(asked, invocation, await openOnlyState(invocation), {});
  const options = optionsOf(invocation);
  if (keyPem !== undefined) {
    if (!matchesKey(leaf, readKey(keyPem))) throw usageError(`${flags.key} is not the key of ${path}`, "Give its own.");
    return await finish(path, leaf, await revokeByKey(keyPem, leaf, at, options), at, invocation);
  }
  const { email } = await chooseAccount(asked, flags, at.store);
  const ca = { ...asked, ...(email === undefined ? {} : { email }) };
  const client = await openCa(ca, at.access, at.store, at.world);
  return await finish(path, leaf, await revokeBy(client, leaf, options), at, invocation);
}

/** The CA a stored certificate came from, as it was used then. */
function caOf({ spec, meta }: StoredCertificate): CaSpec {
  return spec.cas.find(({ directoryUrl }) => directoryUrl === meta.directoryUrl) ?? { directoryUrl: meta.directoryUrl };
}

async function openRevokingCa(
  ca: CaSpec,
  invocation: RevokeInvocation,
  store: Store,
  dns: Parameters<typeof createWorld>[1],
): Promise<RevokingCa> {
  // No account is ever made in order to revoke.
  const access = await openCaAccess(ca, { acceptTerms: false, fetchEab: false }, invocation);
  return { ca, access, store, world: createWorld(invocation, dns) };
}

function optionsOf({ flags, context }: RevokeInvocation) {
  return { reason: flags.reason, signal: context.stopper.signal };
}

async function finish(
  what: string,
  leaf: CertificateInfo,
  isNew: boolean,
  { store }: RevokingCa,
  { flags, context, emit }: RevokeInvocation,
): Promise<CommandResult> {
  const reason = flags.reason ?? "unspecified";
  // Told first: where it cannot be noted, the person must know that it is done all the same.
  emit({ type: "certificate.revoked", certificate: what, reason });
  const current = await rememberRevoked(store, leaf.fingerprint256, { at: context.now(), reason });
  const again = reason === "keyCompromise" ? "another with a new key" : "another";
  return {
    exitCode: exitCodes.done,
    result: { certificate: what, serial: leaf.serial, reason, alreadyRevoked: !isNew },
    lines: [
      ...(isNew ? [] : [`${what} was revoked before`]),
      ...(current === undefined ? [] : [`certwright renew ${current} obtains ${again}`]),
    ],
  };
}
