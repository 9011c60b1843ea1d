import {
  type DefinedProvider,
  openProvider,
  type ProviderHost,
  readOptions,
  type TxtRecord,
} from "@certwright/provider";
import { FakeDns } from "@certwright/provider-test";
import { expect, onTestFinished, test } from "vitest";
import provider from "./index.ts";
import { serveUpdates } from "./testing/update-server.ts";

const definition = provider as unknown as DefinedProvider;

async function open(values: Readonly<Record<string, unknown>>, file = "") {
  const host: ProviderHost = {
    fetch: () => Promise.reject(new Error("no HTTP here")),
    signal: new AbortController().signal,
    sleep: async () => {},
    now: () => Date.now(),
    random: () => 0,
    readFile: async () => file,
  };
  const options = await readOptions(definition, { values });
  return await openProvider(definition, { instance: "rfc2136", options, host });
}

async function start() {
  const dns = new FakeDns();
  const zone = dns.addZone("example.com");
  const { options, close } = await serveUpdates(dns);
  onTestFinished(close);
  return { zone, options };
}

const record = (value: string, number = 0): TxtRecord => ({
  zone: { name: "example.com", id: "example.com" },
  name: `_acme-challenge.n${number}`,
  fqdn: `_acme-challenge.n${number}.example.com`,
  value,
  ttl: 60,
});

test("takes its key from the file tsig-keygen writes", async () => {
  const { zone, options } = await start();
  const file = `key "acme-key" {\n\talgorithm hmac-sha256;\n\tsecret "${options.keySecret}";\n};\n`;
  const handle = await open({ nameserver: options.nameserver, keyFile: "/etc/acme.key" }, file);
  await handle.add([record("from a file")]);
  expect(zone.records.map(({ value }) => value)).toEqual(["from a file"]);
});

test("a file without a key is named, not shown", async () => {
  const opened = open(
    { nameserver: "127.0.0.1", keyFile: "/etc/acme.key" },
    "Private-key-format: v1.3\nKey: c2VjcmV0\n",
  );
  await expect(opened).rejects.toMatchObject({ code: "PROVIDER_INVALID", message: "/etc/acme.key holds no TSIG key" });
});

test("more than one message holds goes in several", async () => {
  const { zone, options } = await start();
  const handle = await open(options);
  const records = Array.from({ length: 120 }, (_, number) => record("x".repeat(500), number));
  await handle.add(records);
  expect(zone.records.length).toBe(120);
  await handle.remove(records);
  expect(zone.records.length).toBe(0);
});

test("an unknown key is an authentication error with a hint", async () => {
  const { options } = await start();
  const handle = await open({ ...options, keyName: "other" });
  await expect(handle.add([record("v")])).rejects.toMatchObject({ code: "PROVIDER_AUTH", hint: expect.any(String) });
});

test("a server nobody runs is unavailable", async () => {
  const handle = await open({ nameserver: "127.0.0.1:9" });
  await expect(handle.add([record("v")])).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
});

test.each(["https://dns.example/dns-query", "not a server"])("%s cannot be updated", async (nameserver) => {
  await expect(open({ nameserver })).rejects.toMatchObject({ code: "PROVIDER_INVALID" });
});
