import { tmpdir } from "node:os";
import { exchange, parseServer } from "@certwright/dns";
import { startBind, startPowerdns } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { runMain } from "./cli-process.ts";

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runMain(args, { PATH: process.env.PATH ?? "", HOME: tmpdir(), ...env }, tmpdir(), undefined);

test("a value is set and removed in two processes, at one endpoint, with the zone given and nothing looked up", async () => {
  await using dns = await startPowerdns({ zones: ["example.test"] });
  const txt = async (): Promise<readonly string[]> => {
    const { answers } = await exchange(
      { name: "_acme-challenge.x.example.test", type: "TXT" },
      parseServer(dns.address),
      { recursive: false },
    );
    return answers.flatMap((record) => (record.type === "TXT" ? record.value : []));
  };
  // A resolver nobody listens at: with a pinned zone none is asked.
  const how = ["--dns", "pdns", "--zone", "example.test", "--endpoint", dns.apiUrl, "--dns-resolvers", "127.0.0.1:9"];
  const env = { PDNS_API_KEY: dns.apiKey };
  for (const value of ["mine", "theirs"]) {
    const set = await run(["dns", "set", "_acme-challenge.x.example.test", value, ...how, "--propagation", "off"], env);
    expect(set).toMatchObject({ code: 0 });
  }
  expect([...(await txt())].sort()).toEqual(["mine", "theirs"]);
  expect(await run(["dns", "remove", "_acme-challenge.x.example.test", "mine", ...how], env)).toMatchObject({
    code: 0,
  });
  expect(await txt()).toEqual(["theirs"]);
});

test("explain follows an alias into its zone and says what each server answers", async () => {
  await using dns = await startBind({
    zones: [
      { name: "example.test", records: ["_acme-challenge.www IN CNAME proof.other.test."] },
      { name: "other.test", records: ['proof IN TXT "there"'] },
    ],
  });
  const how = ["--dns-resolvers", dns.address, "--dns-nameservers", dns.address];
  const { code, stdout } = await run(["dns", "explain", "www.example.test", "--json", ...how]);
  expect(code, stdout).toBe(0);
  expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
    name: "_acme-challenge.www.example.test",
    aliases: ["proof.other.test"],
    recordName: "proof.other.test",
    zone: "other.test",
    servers: [{ server: dns.address, state: "ok", serial: expect.any(Number), values: ["there"] }],
  });
});
