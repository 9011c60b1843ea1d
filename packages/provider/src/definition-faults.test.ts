import { expect, test } from "vitest";
import { defineProvider, type ProviderDefinition, providerApiVersion } from "./define.ts";

const sound: ProviderDefinition = {
  id: "acme-2",
  name: "Acme DNS",
  aliases: ["acmedns"],
  website: "https://acme.example",
  docs: "https://acme.example/docs",
  endpoint: "https://api.acme.example",
  endpointEnv: ["ACME_URL"],
  hosts: ["login.acme.example", "*.regions.acme.example", "odd.acme.example:8443"],
  options: {
    token: { description: "API token", env: ["ACME_TOKEN", "Acme_Token"], secret: true, optional: true },
    user: { description: "User", env: ["ACME_USER"], optional: true, example: "me" },
    region: { description: "Region", env: ["ACME_REGION"], choices: ["eu", "us"], default: "eu" },
    zones: { description: "Zones", env: ["ACME_ZONES"], type: "list", default: ["a", "b"], example: "a,b" },
  },
  oneOf: [["token"], ["user"]],
  traits: {
    granularity: "record",
    concurrency: "zone",
    minTtl: 60,
    maxValues: 1,
    propagation: 0,
    limits: { apex: "Names only." },
  },
  permissions: "DNS write on the zone.",
  tested: { by: "contract", against: "https://acme.example/docs", on: "2026-11-24" },
  create: () => ({ add: async () => {}, remove: async () => {} }),
};

test("a sound definition passes and gets the version of the interface", () => {
  expect(defineProvider(sound)).toEqual({ ...sound, apiVersion: providerApiVersion });
});

test.each([
  [{ id: "Acme" }, "id"],
  [{ id: "acme-" }, "id"],
  [{ name: " " }, "name"],
  [{ aliases: ["acme-2"] }, "alias"],
  [{ website: "http://acme.example" }, "website"],
  [{ docs: "docs" }, "docs"],
  [{ endpoint: "http://127.0.0.1" }, "endpoint"],
  [{ hosts: ["https://acme.example"] }, "host"],
  [{ hosts: ["*"] }, "host"],
  [{ permissions: "" }, "permissions"],
  [{ tested: { ...sound.tested, on: "24.11.2026" } }, "tested.on"],
  [{ tested: { ...sound.tested, by: "me" } }, "tested.by"],
  [{ tested: undefined }, "tested.against"],
  [{ traits: undefined }, "granularity"],
  [{ traits: { granularity: "rrset" } }, "granularity"],
  [{ traits: { granularity: "zone", concurrency: "one" } }, "concurrency"],
  [{ traits: { granularity: "zone", minTtl: 0 } }, "minTtl"],
  [{ traits: { granularity: "zone", maxValues: 1.5 } }, "maxValues"],
  [{ traits: { granularity: "zone", propagation: -1 } }, "propagation"],
  [{ traits: { granularity: "zone", limits: { other: "x", apex: "" } } }, "limits"],
  [{ options: { Token: { description: "x", env: ["A"] } }, oneOf: [] }, "camelCase"],
  [{ options: { token: { description: "Ends.", env: ["A"] } }, oneOf: [] }, "description"],
  [{ options: { token: { description: "x", env: [] } }, oneOf: [] }, "variable"],
  [{ options: { token: { description: "x", env: ["A-B"] } }, oneOf: [] }, "A-B"],
  [
    { options: { a: { description: "x", env: ["A"] }, b: { description: "x", env: ["A"] } }, oneOf: [] },
    "both a and b",
  ],
  [{ endpointEnv: ["ACME_TOKEN"] }, "both token and endpoint"],
  [{ options: { a: { description: "x", env: ["A"], secret: true, default: "x" } }, oneOf: [] }, "no default"],
  [{ options: { a: { description: "x", env: ["A"], secret: true, type: "list" } }, oneOf: [] }, "must be a string"],
  [{ options: { a: { description: "x", env: ["A"], type: "integer", default: "x" } }, oneOf: [] }, "default"],
  [{ options: { a: { description: "x", env: ["A"], choices: ["b"], default: "c" } }, oneOf: [] }, "default"],
  [{ options: { a: { description: "x", env: ["A"], type: "url", example: "c" } }, oneOf: [] }, "example"],
  [{ oneOf: [["nothing"]] }, "oneOf"],
  [{ oneOf: [[]] }, "oneOf"],
  [{ create: undefined }, "create"],
  [{ setup: "yes" }, "setup"],
] as [object, string][])("%j is refused", (change, said) => {
  expect(() => defineProvider({ ...sound, ...change } as ProviderDefinition)).toThrow(
    expect.objectContaining({ code: "PROVIDER_DEFINITION", message: expect.stringContaining(said) }),
  );
});

test("all faults come at once", () => {
  const faulty = { ...sound, id: "X", website: "x", create: 1 } as unknown as ProviderDefinition;
  expect(() => defineProvider(faulty)).toThrow(/id .*; website .*; create /);
});
