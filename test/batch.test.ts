import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resultOf, startCommand } from "./cli-process.ts";

const count = 200;

test("200 certificates from one file, one provider broken: 199 done in the same run, the other explained", async () => {
  await using certwright = await startCommand({}, ["example.test", "broken.test"]);
  const { dir, dns, ca } = certwright;
  const account = (key: string): string =>
    `{ nameserver: "${dns.address}", keyName: ${dns.key.name}, keyAlgorithm: ${dns.key.algorithm}, keySecret: { env: ${key} } }`;
  const names = [...Array.from({ length: count - 1 }, (_, index) => `www-${index}.example.test`), "www.broken.test"];
  await writeFile(
    join(dir, "certwright.yaml"),
    `
accounts: { ops: { acceptTerms: true } }
cas: { pebble: { url: "${ca.directoryUrl}", caFile: "${ca.caFile}" } }
providers:
  good: { provider: rfc2136, zones: [example.test], options: ${account("GOOD_KEY")} }
  bad: { provider: rfc2136, zones: [broken.test], options: ${account("BAD_KEY")} }
defaults:
  dns: { resolvers: ["${dns.address}"], nameservers: ["${dns.address}"] }
certificates:
${names.map((name) => `  ${name}:`).join("\n")}
`,
  );
  const env = {
    ...{ RFC2136_TSIG_SECRET: "", CERTWRIGHT_ACCEPT_TOS: "", CERTWRIGHT_SERVER: "", CERTWRIGHT_CA_FILE: "" },
    GOOD_KEY: dns.key.secret,
    BAD_KEY: randomBytes(32).toString("base64"),
  };

  const run = await certwright.run(["renew", "--json"], { env });
  const { certificates } = resultOf(run) as { certificates: readonly { name: string; outcome: string }[] };
  expect(run.code, run.stderr).toBe(1);
  expect(certificates.map(({ name }) => name)).toEqual(names);
  expect(certificates.filter(({ outcome }) => outcome === "issued")).toHaveLength(count - 1);
  expect(certificates.at(-1)).toMatchObject({
    name: "www.broken.test",
    outcome: "failed",
    error: {
      code: "PROVIDER_AUTH",
      message: expect.stringMatching(
        /^could not prove www\.broken\.test by dns-01 .*TSIG key certwright-test.*BADSIG$/,
      ),
      hint: expect.stringContaining("secret"),
    },
  });
  // No step of an order is made twice; only how often an order is looked at is up to the CA's own pace.
  const requests = Map.groupBy(await ca.requests(), ({ path }) => path.split("/")[1] ?? "");
  const made = (kind: string): number => requests.get(kind)?.length ?? 0;
  expect([made("sign-me-up"), made("order-plz")]).toEqual([1, count]);
  expect([made("chalZ"), made("finalize-order"), made("certZ")]).toEqual([count - 1, count - 1, count - 1]);
  // Each once, and once more to give up the one that cannot be proved.
  expect(made("authZ")).toBe(count + 1);

  const left = await Promise.all(names.map((name) => certwright.txt(`_acme-challenge.${name}`)));
  expect(left.flat()).toEqual([]);
  // The next run has that one to do, and waits out its pause.
  const again = await certwright.run(["renew"], { env });
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("error LIMIT_BACKOFF: www.broken.test: ") });
  expect(again.stderr).toContain("error: 0 issued, 199 not due, 1 failed");
});
