import { type CertificateSpec, parseIdentifier } from "@certwright/core";
import {
  type CertificateMeta,
  hasCode,
  inOrder,
  listCertificates,
  readCertificateSpec,
  type Store,
  safeName,
} from "@certwright/core/store";
import { cliError } from "./errors.ts";
import { didYouMean } from "./suggest.ts";

/** A certificate of the store, or why it cannot be read. */
export type Listed = Awaited<ReturnType<typeof listCertificates>>[number];

type Named = Pick<CertificateSpec, "name" | "identifiers">;

/**
 * Certificates by name, or all of them where none is named.
 *
 * @param others that could have been meant as well
 * @throws CertwrightError `CLI_CERTIFICATE_UNKNOWN`
 */
export async function chooseCertificates(
  store: Store,
  names: readonly string[],
  others: readonly Named[] = [],
): Promise<readonly Listed[]> {
  const all = await listCertificates(store);
  if (names.length === 0) return all;
  return names.map((name) => all.find((listed) => listed.name === name) ?? unknown(name, [...all, ...others]));
}

/** The one certificate of this name, readable. @throws CertwrightError `CLI_CERTIFICATE_UNKNOWN`, StoreError */
export async function onlyCertificate(store: Store, name: string): Promise<CertificateMeta> {
  const [listed] = await chooseCertificates(store, [name]);
  if (listed === undefined || "error" in listed) throw listed?.error ?? unknown(name, []);
  return listed.meta;
}

/** How each was asked for, and what keeps the others from being renewed. */
export async function storedSpecs(
  store: Store,
  chosen: readonly Listed[],
): Promise<{ readonly specs: readonly CertificateSpec[]; readonly broken: readonly { name: string; error: Error }[] }> {
  const specs: CertificateSpec[] = [];
  const broken: { name: string; error: Error }[] = [];
  const read = async (listed: Listed): Promise<CertificateSpec | Error | undefined> => {
    return await readSpec(store, listed).catch((error: unknown) => {
      if (error instanceof Error) return error;
      throw error;
    });
  };
  const names = chosen.map(({ name }) => name);
  for await (const found of inOrder(chosen, read)) {
    const name = names.shift() ?? "";
    if (found instanceof Error) broken.push({ name, error: found });
    else if (found !== undefined) specs.push(found);
  }
  return { specs, broken };
}

/** Where only the rest is damaged, how it was asked for is enough to obtain it anew. */
async function readSpec(store: Store, listed: Listed): Promise<CertificateSpec | undefined> {
  if ("meta" in listed) return await readCertificateSpec(store, listed.name);
  if (!hasCode(listed.error, "STORE_CORRUPT")) throw listed.error;
  // A certificate that cannot be read is listed by its folder, which most names are the same as.
  const spec = await readCertificateSpec(store, listed.name).catch(() => undefined);
  if (spec === undefined || safeName(spec.name) !== listed.name) throw listed.error;
  return spec;
}

function unknown(name: string, all: readonly (Listed | Named)[]): never {
  const wanted = normalized(name);
  const certified = all.find((listed) => {
    const { identifiers = [] } = "meta" in listed ? listed.meta : "error" in listed ? {} : listed;
    return identifiers.some(({ value }) => value === wanted);
  });
  const known = all.map((listed) => listed.name);
  const meant = certified === undefined ? didYouMean(name, known) : `Did you mean ${certified.name}?`;
  throw cliError("CLI_CERTIFICATE_UNKNOWN", `no certificate is called ${JSON.stringify(name)}`, {
    hint: meant ?? "See: certwright list",
  });
}

/** A name as certificates have it, where it can be one. */
function normalized(name: string): string | undefined {
  try {
    return parseIdentifier(name).value;
  } catch {
    return undefined;
  }
}
