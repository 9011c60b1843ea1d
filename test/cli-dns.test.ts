import { sendUpdate } from "@certwright/dns";
import { expect, test } from "vitest";
import { resultOf, startCommand } from "./cli-process.ts";

const name = "_validation-persist.example.test";

test("a standing record is published, checked, used without a provider, replaced, and withdrawn alone", async () => {
  await using certwright = await startCommand();
  const { dns } = certwright;
  const stranger = "other.test; accounturi=https://ca.test/acct/1";
  await sendUpdate({ zone: "example.test", add: [{ name, type: "TXT", ttl: 60, value: stranger }] }, dns, dns.key);
  const persist = (...args: string[]) => certwright.run(["dns", "persist", ...args, "--json"]);

  expect(await persist("publish", "example.test", "--dns", "rfc2136", "--until", "1d")).toMatchObject({
    code: 0,
    stderr: "",
  });
  const first = (await certwright.txt(name)).find((value) => value !== stranger);
  expect(first).toMatch(/^pebble\.letsencrypt\.org; accounturi=https:\/\/127\.0\.0\.1:\d+\/\S+; persistUntil=\d+$/);
  expect(await persist("check", "example.test")).toMatchObject({ code: 0 });
  const plain = await persist("check", "*.example.test");
  expect(plain.code).toBe(1);
  expect(resultOf(plain)).toMatchObject({
    records: [{ valid: false, servers: [{ detail: expect.stringContaining("does not allow wildcards") }] }],
  });

  const published = await persist("publish", "example.test", "--dns", "rfc2136", "--wildcard");
  expect(resultOf(published)).toMatchObject({ records: [{ seen: true, replaced: [first] }] });
  expect(await certwright.txt(name)).toHaveLength(2);
  const issued = await certwright.run(["issue", "-d", "example.test,*.example.test", "--dns-persist", "--json"]);
  expect(resultOf(issued), issued.stderr).toMatchObject({ certificates: [{ outcome: "issued" }] });

  expect(await persist("withdraw", "example.test", "--dns", "rfc2136")).toMatchObject({ code: 0 });
  expect(await certwright.txt(name)).toEqual([stranger]);
  expect(await persist("check", "example.test")).toMatchObject({ code: 1 });
  expect(resultOf(await persist("withdraw", "example.test", "--dns", "rfc2136"))).toMatchObject({
    records: [{ values: [] }],
  });
});

test("doctor finds nothing where all is well, and everything where it is not", async () => {
  const caa = (issuer: string) => `@ 60 IN CAA 0 issue "${issuer}"`;
  await using certwright = await startCommand({}, [
    {
      name: "example.test",
      records: [caa("pebble.letsencrypt.org; validationmethods=dns-01"), "www 60 IN A 127.0.0.1"],
    },
    { name: "other.test", records: [caa("elsewhere.test")] },
  ]);
  const doctor = async (...args: string[]) => {
    const ended = await certwright.run(["doctor", "--dns", "rfc2136", ...args, "--json"]);
    const [report] = resultOf(ended).certificates ?? [];
    return { code: ended.code, findings: report?.findings ?? ended.stderr };
  };
  expect(await doctor("-d", "example.test,*.example.test", "--write")).toEqual({ code: 0, findings: [] });
  expect(await certwright.txt("_acme-challenge.example.test")).toEqual([]);

  const warned = await doctor("-d", "www.example.test", "--webroot", certwright.dir);
  expect(warned).toMatchObject({
    code: 0,
    findings: expect.arrayContaining([expect.objectContaining({ code: "DOCTOR_CAA_METHOD", severity: "warning" })]),
  });
  const bad = await doctor("-d", "other.test,a.nowhere.test", "--profile", "none", "--write", "--propagation", "1");
  expect(bad).toMatchObject({
    code: 1,
    findings: expect.arrayContaining(
      ["DOCTOR_PROFILE", "DOCTOR_CAA_FORBIDS", "DOCTOR_CAA_UNKNOWN", "DNS_LOOKUP_FAILED"].map((code) =>
        expect.objectContaining({ severity: "error", code, hint: expect.stringMatching(/./) }),
      ),
    ),
  });
  const refused = await certwright.run(["issue", "-d", "other.test", "--dns", "rfc2136", "--doctor"]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("error CLI_DOCTOR") });
  const forbidden = await certwright.run(["issue", "-d", "other.test", "--dns", "rfc2136"]);
  expect(forbidden).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/error ACME_CAA: .*other\.test CAA issue "elsewhere\.test"/),
  });
  expect((await certwright.ca.requests()).some(({ path }) => path === "/order-plz")).toBe(false);
});
