import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileStore, openSealed, readCertificate, type Store, sealKey } from "@certwright/core/store";
import { type Moto, startMoto } from "@certwright/tools/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeBucket } from "./bucket.ts";
import { type Ended, endedAt, resultOf, startCommand } from "./cli-process.ts";
import { startS3Proxy } from "./s3-proxy.ts";

let moto: Moto;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

type Command = Awaited<ReturnType<typeof startCommand>>;

/** A state of its own: the environment that leads a command to it, and a look into it. */
interface OwnState {
  readonly env: Readonly<Record<string, string>>;
  readonly open: () => Promise<Store>;
}

const kinds: Readonly<
  Record<"file" | "S3", (certwright: Command, name: string, endpoint: string) => Promise<OwnState>>
> = {
  file: async ({ dir }, name) => {
    const path = join(dir, `state-${name}`);
    return {
      env: { CERTWRIGHT_STATE: path },
      open: async () => fileStore(path, { now: Date.now, warn: () => undefined }),
    };
  },
  S3: async (_certwright, _name, endpoint) => {
    const { env, below } = await makeBucket(moto, endpoint);
    return { env, open: () => openSealed(below, { current: sealKey(env.CERTWRIGHT_STATE_KEY) }) };
  },
};

/** How many orders the CA made. A request for one that it refused or failed, and that was repeated, is none. */
const ordersAt = async ({ ca }: Command): Promise<number> => {
  await ca.requests();
  return [...ca.logs().matchAll(/Added order/g)].length;
};

/** A configuration for these names, each written where it is "served" by a program. */
async function configure({ dir, ca, dns }: Command, file: string, names: readonly string[]): Promise<string> {
  const path = join(dir, file);
  const served = `${dir}/$LEGO_HOOK_CERT_NAME.served`;
  const serve = `cat "$RENEWED_LINEAGE/fullchain.pem" "$RENEWED_LINEAGE/privkey.pem" > "${served}.$$" && mv "${served}.$$" "${served}"`;
  const certificates = names.map((name) => `  ${name}:\n`).join("");
  await writeFile(
    path,
    `cas: { pebble: { url: "${ca.directoryUrl}", caFile: "${ca.caFile}" } }
accounts: { ops: { email: ops@example.test, acceptTerms: true } }
providers: { rfc2136: {} }
defaults: { dns: { resolvers: ["${dns.address}"], nameservers: ["${dns.address}"] }, deploy: [served] }
targets: { served: { exec: [/bin/sh, -c, '${serve}'] } }
certificates:
${certificates}`,
  );
  return path;
}

/** What is served is whole: a certificate of this name with its own key. */
async function expectServed({ dir }: Command, name: string): Promise<string> {
  const pem = await readFile(join(dir, `${name}.served`), "utf8");
  const leaf = new X509Certificate(pem);
  expect(leaf.subjectAltName).toBe(`DNS:${name}`);
  expect(leaf.checkPrivateKey(createPrivateKey(pem.slice(pem.indexOf("-----BEGIN PRIVATE"))))).toBe(true);
  return leaf.serialNumber;
}

const told = ({ code, stdout, stderr }: Ended): string => `${code}\n${stdout.slice(-3000)}\n${stderr}`;

describe.each(["file", "S3"] as const)("state of the kind %s", (kind) => {
  test("two runs at the same moment order each certificate once", async () => {
    await using certwright = await startCommand();
    const { env } = await kinds[kind](certwright, "two", moto.endpoint);
    const names = ["a", "b", "c", "d"].map((name) => `${name}.example.test`);
    const config = await configure(certwright, "two.yaml", names);
    const runs = await Promise.all([1, 2].map(() => certwright.run(["renew", "--config", config, "--json"], { env })));
    for (const run of runs) expect(run, told(run)).toMatchObject({ code: 0 });
    const outcomes = runs.flatMap((run) =>
      resultOf(run).certificates.map(({ outcome }: { outcome: string }) => outcome),
    );
    expect(outcomes.toSorted()).toEqual([...names.map(() => "issued"), ...names.map(() => "skipped")]);
    expect(await ordersAt(certwright)).toBe(names.length);
    for (const name of names) {
      expect(await certwright.txt(`_acme-challenge.${name}`)).toEqual([]);
      await expectServed(certwright, name);
    }
  });

  test("a run killed at any moment is finished by the next: no needless order, no record left, state and certificate whole", async () => {
    await using certwright = await startCommand();
    await using proxy = await startS3Proxy(moto.endpoint);
    const moments = ["order.created", "txt.added", "order.finalized", "certificate.stored"];
    const work = await Promise.all(
      moments.map(async (moment, index) => {
        const name = `m${index}.example.test`;
        const { env, open } = await kinds[kind](certwright, moment, proxy.endpoint);
        const config = await configure(certwright, `${moment}.yaml`, [name]);
        return {
          moment,
          name,
          open,
          run: (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
            certwright.run([...args, "--config", config], { env: { ...env, ...more } }),
        };
      }),
    );
    // First nothing is there yet; then a certificate is, which stays whole while its renewal is killed.
    const rounds = [
      { flags: [], hit: work },
      { flags: ["--force"], hit: work.filter(({ moment }) => /finalized|stored/.test(moment)) },
    ];
    for (const { flags, hit } of rounds) {
      const before = await ordersAt(certwright);
      const killed = await Promise.all(
        hit.map(({ moment, run }) => run(["renew", ...flags, "--json"], endedAt(moment))),
      );
      for (const run of killed) expect(run, told(run)).toMatchObject({ code: -1 });
      // The runs were killed ten minutes ago, as far as the service knows; on a disk a lock ends with its process.
      proxy.fault = ({ path }) => (path.includes("/leases/") ? "aged" : undefined);
      const next = await Promise.all(hit.map(({ run }) => run(["renew", "--json"])));
      proxy.fault = () => undefined;
      for (const [index, { moment, name }] of hit.entries()) {
        const ended = next[index];
        expect(ended?.code, `${moment} ${flags}: ${ended === undefined ? "" : told(ended)}`).toBe(0);
        expect(await certwright.txt(`_acme-challenge.${name}`), moment).toEqual([]);
      }
      const asked = [...killed, ...next].flatMap(({ stdout }) => stdout.match(/.*(?:order-plz|"warning").*/g) ?? []);
      expect((await ordersAt(certwright)) - before, asked.join("\n")).toBe(hit.length);
    }
    for (const { moment, name, open } of work) {
      const stored = await readCertificate(await open(), name);
      expect(stored?.meta.serial, moment).toBe(await expectServed(certwright, name));
    }
  });
});

test("a run that was killed a moment ago is waited for, as long as its lease lives, and that is told", async () => {
  await using certwright = await startCommand();
  const { env } = await makeBucket(moto);
  const config = await configure(certwright, "one.yaml", ["one.example.test"]);
  const args = ["renew", "--config", config, "--json"];
  await certwright.run(args, { env: { ...env, ...endedAt("txt.added") } });
  expect(await certwright.txt("_acme-challenge.one.example.test")).toHaveLength(1);
  const next = await certwright.run(args, { env });
  expect(next, told(next)).toMatchObject({ code: 0 });
  expect(next.stdout).toMatch(
    /another run \(pid \d+ on .*\) works on this certificate; waiting for it until .* at most; should it have been killed, until \d\d:\d\d:\d\d UTC/,
  );
  expect(await certwright.txt("_acme-challenge.one.example.test")).toEqual([]);
  expect(await ordersAt(certwright)).toBe(1);
});
