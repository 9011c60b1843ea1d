import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HookFiles } from "./context.ts";
import { fileStem } from "./variables.ts";

/** A directory that lasts as long as a hook runs. */
export interface HookFolder extends AsyncDisposable {
  readonly path: string;
}

/** The parts of a certificate as PEM, and where they are files already. */
export interface HookMaterial {
  /** The certificate's name, which its directory is called by. */
  readonly name: string;
  readonly leafPem: string;
  readonly chainPem: string;
  readonly keyPem: string;
  /** Absolute paths; given, nothing is copied, so that no copy of a key is left behind by a crash. */
  readonly stored?: Pick<HookFiles, "certificate" | "chain" | "fullchain" | "key" | "combined">;
}

/** Makes a directory nobody else can look into, below `parent`. */
export async function makeHookFolder(parent: string): Promise<HookFolder> {
  const path = await mkdtemp(join(parent, "certwright-hook-"));
  await chmod(path, 0o700);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Writes a file for this user alone, and never through a link. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600, flag: "wx" });
}

/** Lays a certificate out as certbot and lego do, both in one directory named after it. */
export async function layOut(folder: HookFolder, material: HookMaterial): Promise<HookFiles> {
  const { name, leafPem, chainPem, keyPem, stored } = material;
  const stem = fileStem(name);
  const directory = join(folder.path, "live", stem);
  await mkdir(directory, { mode: 0o700, recursive: true });
  const fullchain = leafPem + chainPem;
  const place = async (text: string, from: string | undefined, ...names: readonly string[]): Promise<string> => {
    const [first = "", ...others] = names.map((each) => join(directory, each));
    await (from === undefined ? writePrivate(first, text) : symlink(from, first));
    for (const other of others) await symlink(first, other);
    return first;
  };
  return {
    directory,
    certificate: await place(leafPem, stored?.certificate, "cert.pem"),
    chain: await place(chainPem, stored?.chain, "chain.pem", `${stem}.issuer.crt`),
    fullchain: await place(fullchain, stored?.fullchain, "fullchain.pem", `${stem}.crt`),
    key: await place(keyPem, stored?.key, "privkey.pem", `${stem}.key`),
    combined: await place(fullchain + keyPem, stored?.combined, "combined.pem", `${stem}.pem`),
  };
}
