import { readFile, realpath } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { DeployableCertificate, DeployTarget } from "../manage/target.ts";
import { locateCertificate, readCertificate } from "../store/certificates.ts";
import type { GenerationFile } from "../store/generations.ts";
import type { Store } from "../store/store.ts";
import type { HookCertificate, HookContext } from "./context.ts";
import { type HookMaterial, layOut, makeHookFolder } from "./hook-folder.ts";
import { findHook, type Hook, type HookWorld, runHook } from "./run-hook.ts";

/**
 * A program as a place certificates are deployed to. What it does with one is its own affair: exit code 0 says that it
 * arrived, any other that it has to be tried again. Certwright cannot know whether it is served.
 *
 * @param id as the configuration knows it: `exec:reload-nginx`
 */
export function createExecTarget(id: string, hook: Hook, store: Store, world: HookWorld): DeployTarget {
  return {
    id,
    async deploy(certificate, { signal, step }) {
      await using folder = await makeHookFolder(world.temporaryDirectory);
      const files = await layOut(folder, await materialOf(certificate, store));
      const context: HookContext = {
        event: "deploy",
        scope: "certificate",
        certificate: await describe(certificate, store),
        issued: {
          generation: certificate.generation,
          notAfter: certificate.notAfter.toISOString(),
          fingerprint256: certificate.fingerprint256,
          files,
        },
      };
      const { output } = await runHook(hook, context, world, { signal, folder, secrets: [certificate.keyPem] });
      for (const line of output) step("output", line);
      const detail = output.at(-1);
      return { action: "updated", served: false, ...(detail === undefined ? {} : { detail }) };
    },
    foresee: async () => `would run ${await findHook(hook, world)}`,
  };
}

/** What is known of a certificate beyond its names, as hooks are told it. */
async function describe(certificate: DeployableCertificate, store: Store): Promise<HookCertificate> {
  const { name, identifiers } = certificate;
  const about = { name, domains: identifiers.map(({ value }) => value) };
  const stored = await readCertificate(store, name, certificate.generation);
  if (stored === undefined) return about;
  const { keyType, profile, directoryUrl, accountUrl } = stored.meta;
  const email = stored.spec.cas.find((ca) => ca.directoryUrl === directoryUrl)?.email;
  return {
    ...about,
    keyType,
    server: directoryUrl,
    account: accountUrl,
    ...(profile === undefined ? {} : { profile }),
    ...(email === undefined ? {} : { email }),
  };
}

/** Links to the store's files where they lie here in the clear, so that the key is not copied; else the texts. */
async function materialOf(certificate: DeployableCertificate, store: Store): Promise<HookMaterial> {
  const { name, leafPem, chainPem, keyPem } = certificate;
  const texts = { name, leafPem, chainPem, keyPem };
  const fullchain = leafPem + chainPem;
  const find = async (file: GenerationFile, text: string): Promise<string> => {
    const path = await realpath(locateCertificate(store, name, file));
    // A store may be sealed, or have been moved on by another run.
    if ((await readFile(path, "utf8")) !== text) throw new Error(`${file} holds something else`);
    return path;
  };
  if (!isAbsolute(locateCertificate(store, name, "key.pem"))) return texts;
  try {
    const stored = {
      certificate: await find("leaf.pem", leafPem),
      chain: await find("chain.pem", chainPem),
      fullchain: await find("fullchain.pem", fullchain),
      key: await find("key.pem", keyPem),
      combined: await find("haproxy.pem", fullchain + keyPem),
    };
    return { ...texts, stored };
  } catch {
    return texts;
  }
}
