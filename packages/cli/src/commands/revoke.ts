import {
  type AcmeClient,
  type CertificateInfo,
  createAcmeClient,
  openCa,
  parseChain,
  readKey,
  revokeCertificate,
} from "@certwright/core";
import { readCertificate, updateCertificateMeta } from "@certwright/core/store";
import { onlyCa } from "../ca-spec.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { revokeFlags } from "../declarations/stored.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { readSmallTextFile } from "../files.ts";
import { openCaAccess } from "../parts/ca-access.ts";
import { openOnlyState } from "../state/open-state.ts";
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
  return name === undefined ? revokeFile(flags.cert ?? "", invocation) : revokeStored(name, invocation);
}

async function revokeStored(name: string, invocation: RevokeInvocation): Promise<CommandResult> {
  const { flags, context, emit } = invocation;
  const store = await openOnlyState(invocation);
  await onlyCertificate(store, name);
  const stored = await readCertificate(store, name);
  const [leaf] = parseChain(stored?.leafPem ?? "");
  if (stored === undefined || leaf === undefined)
    throw usageError(`${name} has no certificate`, "See: certwright list");
  const ca = stored.spec.cas.find(({ directoryUrl }) => directoryUrl === stored.meta.directoryUrl);
  const access = await openCaAccess(ca ?? stored.meta, flags.acceptTos, context, invocation.secrets);
  const client = await openCa(
    ca ?? { directoryUrl: stored.meta.directoryUrl },
    access,
    store,
    createWorld(context, emit, stored.spec.dns),
  );
  const result = await revoke(client, leaf, undefined, name, invocation);
  const reason = flags.reason ?? "unspecified";
  await updateCertificateMeta(store, name, (meta) => ({
    ...meta,
    revoked: meta.revoked ?? { at: context.now(), reason },
  }));
  return result;
}

async function revokeFile(path: string, invocation: RevokeInvocation): Promise<CommandResult> {
  const { flags, context, emit, secrets } = invocation;
  const [leaf] = parseChain(await readSmallTextFile(path));
  if (leaf === undefined) throw usageError(`${path} holds no certificate`, "Give the certificate in PEM.");
  const ca = onlyCa(flags, context);
  const access = await openCaAccess(ca, flags.acceptTos, context, secrets);
  const world = createWorld(context, emit, {});
  if (flags.key === undefined) {
    const store = await openOnlyState(invocation);
    return revoke(await openCa(ca, access, store, world), leaf, undefined, path, invocation);
  }
  const key = readKey(await readSmallTextFile(flags.key), "private key of the certificate");
  const client = createAcmeClient({
    directoryUrl: ca.directoryUrl,
    accountKey: key,
    userAgent: access.userAgent,
    time: world,
    onRequest: (request) => emit({ type: "acme.request", ...request }),
    onWait: (wait) => emit({ type: "acme.waiting", ...wait }),
    ...(access.caPem === undefined ? {} : { caPem: access.caPem }),
    ...(access.proxyEnv === undefined ? {} : { proxyEnv: access.proxyEnv }),
  });
  return revoke(client, leaf, key, path, invocation);
}

async function revoke(
  client: AcmeClient,
  leaf: CertificateInfo,
  certificateKey: ReturnType<typeof readKey> | undefined,
  name: string,
  { flags, context, emit }: RevokeInvocation,
): Promise<CommandResult> {
  const reason = flags.reason ?? "unspecified";
  const options = { reason: flags.reason, certificateKey, signal: context.stopper.signal };
  const isNew = await revokeCertificate(client, leaf, options);
  client.close();
  emit({ type: "certificate.revoked", certificate: name, reason });
  return {
    exitCode: exitCodes.done,
    result: { certificate: name, serial: leaf.serial, reason, alreadyRevoked: !isNew },
    lines: isNew ? [] : [`${name} was revoked before`],
  };
}
