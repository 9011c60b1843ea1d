import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Pebble, startPebble } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { resultOf, startCommand } from "./cli-process.ts";
import { startDnsProxy } from "./dns-proxy.ts";

const clock = fileURLToPath(new URL("fast-clock.ts", import.meta.url));

test("after a CA could not prove a name, its staging CA has to, before it is asked again", async () => {
  // What each CA sees of the DNS.
  let sight: { readonly production: boolean; readonly staging: boolean } = { production: false, staging: false };
  let bind = "";
  const seenBy = (ca: keyof typeof sight) =>
    startDnsProxy(
      () => (sight[ca] ? { to: bind } : "refused"),
      // Where nobody listens.
      () => (sight[ca] ? bind : "127.0.0.1:9"),
    );
  await using productionSees = await seenBy("production");
  await using stagingSees = await seenBy("staging");
  await using certwright = await startCommand({ dnsServer: productionSees.address });
  await using staging = await startPebble({ dnsServer: stagingSees.address });
  const { dir, dns, ca: production } = certwright;
  bind = dns.address;
  const limit = "{ subject: registered-domain, count: 1, period: 7d }";
  await writeFile(
    join(dir, "certwright.yaml"),
    `
accounts: { ops: { acceptTerms: true } }
cas:
  main: { url: "${production.directoryUrl}", caFile: "${production.caFile}", limits: [${limit}], staging: trial }
  trial: { url: "${staging.directoryUrl}", caFile: "${staging.caFile}", limits: [${limit}] }
providers: { rfc2136: {} }
defaults: { dns: { resolvers: ["${dns.address}"], nameservers: ["${dns.address}"] } }
certificates: { a.example.test: }
`,
  );
  const environment = { CERTWRIGHT_SERVER: "", CERTWRIGHT_CA_FILE: "", NODE_OPTIONS: `--import ${clock}` };
  /** After the pause that a first failure costs, or a second; signed DNS updates bear a clock that is five minutes ahead. */
  const renewAfter = async (seconds: 0 | 65 | 190) => {
    const env = { ...environment, CLOCK_AHEAD: String(seconds * 1000) };
    const ended = await certwright.run(["renew", "--json"], { env });
    const { certificates } = resultOf(ended);
    return { code: ended.code, warnings: ended.stdout.match(/"STAGING_FIRST"/g)?.length ?? 0, certificates };
  };
  const orders = async () => [await asked(production, "/order-plz"), await asked(staging, "/order-plz")];

  expect(await renewAfter(0)).toMatchObject({ code: 1, certificates: [{ error: { code: "CHALLENGE_FAILED" } }] });
  expect(await orders()).toEqual([1, 0]);

  // Production would see it now, and is not asked.
  sight = { production: true, staging: false };
  expect(await renewAfter(65)).toMatchObject({
    code: 1,
    warnings: 1,
    certificates: [{ error: { code: "STAGING_FAILED", message: expect.stringContaining(staging.directoryUrl) } }],
  });
  expect(await orders()).toEqual([1, 1]);
  expect(await asked(staging, /^\/chalZ\//)).toBe(1);

  sight = { production: true, staging: true };
  expect(await renewAfter(190)).toMatchObject({ code: 0, warnings: 1, certificates: [{ outcome: "issued" }] });
  expect(await orders()).toEqual([2, 2]);
  expect(await asked(staging, /^\/finalize-order\//)).toBe(0);
  expect(await renewAfter(190)).toMatchObject({ code: 0, warnings: 0, certificates: [{ outcome: "skipped" }] });
  expect(await certwright.txt("_acme-challenge.a.example.test")).toEqual([]);

  // One certificate is all that either gives: the rehearsal is counted at the staging CA alone.
  for (const ca of [production, staging]) {
    const { buckets, reservations } = await ledgerOf(ca, dir);
    expect([Object.keys(buckets), reservations]).toEqual([["registered-domain example.test"], {}]);
  }
  expect(await readdir(join(dir, "state/failures/a.example.test")).catch(() => [])).toEqual([]);
});

async function asked(ca: Pebble, path: string | RegExp): Promise<number> {
  const requests = await ca.requests();
  return requests.filter((request) => (typeof path === "string" ? request.path === path : path.test(request.path)))
    .length;
}

async function ledgerOf({ directoryUrl }: Pebble, dir: string) {
  const { host } = new URL(directoryUrl);
  return JSON.parse(await readFile(join(dir, "state/ledger", `${host.replace(":", "_3a")}_2fdir.json`), "utf8"));
}
