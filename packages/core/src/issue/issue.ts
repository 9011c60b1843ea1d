import { createPublicKey } from "node:crypto";
import { CertwrightError, isCertwrightError } from "@certwright/provider";
import { downloadCertificate } from "../acme/certificate.ts";
import type { AcmeClient } from "../acme/client.ts";
import { createCsr, readCsr } from "../acme/csr.ts";
import { generateKey, keyFingerprint, keyToPem, keyTypeOf, readKey } from "../acme/keys.ts";
import { finalizeOrder, type Order } from "../acme/order.ts";
import { waitForOrder } from "../acme/poll.ts";
import { certificateId } from "../acme/renewal-info.ts";
import type { CertificateInfo } from "../acme/x509.ts";
import type { CertificateSpec } from "../spec.ts";
import type { CertificateMeta } from "../store/certificate-meta.ts";
import { locateCertificate } from "../store/certificates.ts";
import { removeOrder } from "../store/orders.ts";
import { saveCertificate } from "../store/save-certificate.ts";
import type { Store } from "../store/store.ts";
import type { World } from "../world.ts";
import { ChallengeError } from "./challenge-error.ts";
import { openOrder, rememberOrder } from "./open-order.ts";
import { type MayOrder, proveNames } from "./prove.ts";
import type { Solver } from "./solver.ts";
import { verifyChain } from "./verify.ts";

/** One certificate to get from one CA. */
export interface IssueJob {
  readonly spec: CertificateSpec;
  /** With the account that orders. */
  readonly client: AcmeClient;
  /** In order of preference. */
  readonly solvers: readonly Solver[];
  /** The user's own CSR, PEM or DER, in place of a key of ours. */
  readonly csr?: string | Uint8Array | undefined;
  /** The key in use, for `spec.reuseKey`. */
  readonly previousKeyPem?: string | undefined;
  /** Fingerprint of a key that is known to others: it is never certified again. */
  readonly spoiledKey?: string | undefined;
  /** When the certificate in use was stored. Milliseconds since 1970. */
  readonly previousIssuedAt?: number | undefined;
  readonly replaces?: string | undefined;
  readonly mayOrder?: MayOrder | undefined;
  readonly store: Store;
  readonly world: World;
}

/**
 * The story of one issuance: from a specification to a stored, verified certificate.
 *
 * The order and its key are stored before anything is done with them. A run that dies, or a CA that takes hours, costs
 * no second order: the next run goes on where this one stood.
 *
 * @throws ChallengeError, AcmeProblem, OrderError, StoreError, ...: whatever step failed, with everything it presented undone.
 */
export async function issue(job: IssueJob): Promise<CertificateMeta> {
  const { spec, client, store, world } = job;
  const { signal } = world;
  const open = await openOrder(job);
  const request = await makeRequest(job, open.keyPem);
  const proven = await proveNames({
    ...job,
    resumed: open.order,
    onOrder: (order) => rememberOrder(job, order, request.keyPem),
  }).catch(async (error: unknown) => {
    // Its authorizations are refused or given up: nothing of this order can be used again.
    if (error instanceof ChallengeError) await removeOrder(store, spec.name);
    throw error;
  });
  try {
    const order =
      proven.order.status === "ready"
        ? await finalizeOrder(client, proven.order, request.der, { signal })
        : proven.order;
    world.emit({ type: "order.finalized", certificate: spec.name, order: order.url });
    const valid = await waitForOrder(client, order, "valid", { signal });
    const chain = await download(job, valid, request.publicKey);
    const meta = await save(job, valid, chain, request.keyPem);
    await removeOrder(store, spec.name);
    return meta;
  } catch (error) {
    // Whoever takes it up again only gets the same certificate, or has the same key refused.
    if (isCertwrightError(error) && (spoiling.has(error.code) || (open.isOld && !error.retryable && isOfOrder(error))))
      await removeOrder(store, spec.name);
    throw error;
  } finally {
    await proven.cleanUp();
  }
}

/** Faults of an order's key: it was issued for another, or the CA will not have this one. */
const spoiling: ReadonlySet<string> = new Set(["CERTIFICATE_WRONG_KEY", "ACME_BAD_PUBLIC_KEY"]);

/** Whether the CA, or what it issued, is at fault, and not the state or the network. */
function isOfOrder({ code }: CertwrightError): boolean {
  return code.startsWith("ACME_") || code.startsWith("CERTIFICATE_");
}

interface CertificateKeyRequest {
  readonly der: Uint8Array;
  readonly publicKey: Parameters<typeof verifyChain>[1]["key"];
  /** Undefined where the user keeps the key. */
  readonly keyPem: string | undefined;
}

/** The CSR, and the key it is for: the user's own, that of an order under way, the one in use, or a new one. */
async function makeRequest(
  { spec, csr, previousKeyPem, spoiledKey }: IssueJob,
  openKeyPem: string | undefined,
): Promise<CertificateKeyRequest> {
  if (csr !== undefined) {
    const { der, publicKey } = await readCsr(csr);
    if (keyFingerprint(publicKey) === spoiledKey) throw spoiled(spec.name);
    return { der, publicKey, keyPem: undefined };
  }
  const kept = openKeyPem ?? (spec.reuseKey ? previousKeyPem : undefined);
  const keptKey = kept === undefined ? undefined : readKey(kept, "certificate's key");
  const isUsable =
    keptKey !== undefined && keyFingerprint(keptKey) !== spoiledKey && keyTypeOf(keptKey) === spec.keyType;
  const key = isUsable ? keptKey : await generateKey(spec.keyType);
  const { der } = await createCsr(key, spec.identifiers);
  return { der, publicKey: createPublicKey(key), keyPem: keyToPem(key) };
}

function spoiled(name: string): CertwrightError {
  return new CertwrightError("CERTIFICATE_KEY_COMPROMISED", `the CSR of ${name} is for a key that is known to others`, {
    hint: "Make a new key and a new CSR of it; no CA certifies this key again.",
  });
}

async function download(
  { spec, client, world }: IssueJob,
  order: Order,
  publicKey: CertificateKeyRequest["publicKey"],
): Promise<readonly CertificateInfo[]> {
  const downloaded = await downloadCertificate(client, order.certificate ?? "", {
    signal: world.signal,
    preferredChain: spec.preferredChain,
  });
  const chain = downloaded.certificates;
  verifyChain(chain, { identifiers: spec.identifiers, key: publicKey, now: new Date(world.now()) });
  if (!downloaded.preferred) {
    world.emit({
      type: "warning",
      code: "ACME_CHAIN_NOT_OFFERED",
      certificate: spec.name,
      message: `the CA offers no chain by "${spec.preferredChain}"; its default is used`,
    });
  }
  world.emit({
    type: "certificate.downloaded",
    certificate: spec.name,
    issuer: chain[0]?.issuer ?? "",
    chain: chain.length,
  });
  return chain;
}

async function save(
  { spec, client, store, world }: IssueJob,
  order: Order,
  chain: readonly CertificateInfo[],
  keyPem: string | undefined,
): Promise<CertificateMeta> {
  const [leaf, ...issuers] = chain;
  const certId = leaf === undefined ? undefined : certificateId(leaf);
  const profile = order.profile ?? spec.profile;
  const meta = await saveCertificate(
    store,
    {
      spec,
      leafPem: leaf?.pem ?? "",
      chainPem: issuers.map(({ pem }) => pem).join(""),
      directoryUrl: client.directoryUrl,
      accountUrl: client.accountUrl ?? "",
      ...(keyPem === undefined ? {} : { keyPem }),
      ...(profile === undefined ? {} : { profile }),
      ...(certId === undefined ? {} : { renewalInfo: { certId } }),
    },
    world.now(),
  );
  world.emit({
    type: "certificate.stored",
    certificate: spec.name,
    generation: meta.generation,
    notAfter: new Date(meta.notAfter).toISOString(),
    serial: meta.serial,
    path: locateCertificate(store, spec.name, "fullchain.pem"),
  });
  return meta;
}
