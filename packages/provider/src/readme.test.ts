import { readFile } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import { providerErrorCodes } from "./error-codes.ts";
import { openProvider } from "./open.ts";
import { readOptions } from "./read-options.ts";
import { api, closeApis, json } from "./testing/api.ts";
import { provider } from "./testing/example.ts";
import { plainHost } from "./testing/open.ts";
import { candidates } from "./zone-name.ts";

afterEach(closeApis);

const read = (path: string) => readFile(new URL(path, import.meta.url), "utf8");

test("the README shows the example that is tested here, and every code", async () => {
  const [readme, example] = await Promise.all([read("../README.md"), read("./testing/example.ts")]);
  const shown = example
    .replace("../index.ts", "@certwright/provider")
    .replace("export const provider =", "export default");
  expect(readme.split(/```(?:ts)?\n/)[1]).toBe(shown);
  const cells = readme.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const rows = cells
    .filter(([, code]) => code?.startsWith("`PROVIDER_"))
    .map(([, code, meaning]) => [code?.slice(1, -1), meaning]);
  expect(Object.fromEntries(rows)).toEqual(providerErrorCodes);
});

test("the example works", async () => {
  const record = { id: 7, name: "_acme-challenge", value: "v" };
  const { url, seen } = await api(
    json(200, { zones: [{ name: "example.org", id: 1 }], next: "/zones?page=2" }),
    json(200, { zones: [{ name: "example.com", id: 2 }] }),
    json(200, { records: [] }),
    json(201, record),
    json(200, { records: [record] }),
    json(404, {}),
  );
  const options = await readOptions(provider, { values: { endpoint: url }, env: { ACME_TOKEN: "hunter22" } });
  const handle = await openProvider(provider, {
    instance: "acme",
    options,
    host: plainHost({ fetch: globalThis.fetch }),
  });
  const fqdn = "_acme-challenge.example.com";
  const zone = await handle.findZone(fqdn, candidates(fqdn));
  expect(zone).toEqual({ name: "example.com", id: "2" });
  const wanted = { zone: zone ?? { name: "", id: "" }, name: "_acme-challenge", fqdn, value: "v", ttl: 60 };
  expect(await handle.add([wanted])).toEqual(["7"]);
  await handle.remove([wanted]);
  expect(seen.map((request) => `${request.method} ${request.url} ${request.body}`)).toEqual([
    "GET /v1/zones ",
    "GET /v1/zones?page=2 ",
    "GET /v1/zones/2/records?type=TXT&name=_acme-challenge ",
    'POST /v1/zones/2/records {"type":"TXT","name":"_acme-challenge","value":"v","ttl":300}',
    "GET /v1/zones/2/records?type=TXT&name=_acme-challenge ",
    "DELETE /v1/zones/2/records/7 ",
  ]);
});
