import { expect, test } from "vitest";
import { type DefinedProvider, defineProvider } from "./define.ts";
import { setUpProvider } from "./set-up.ts";
import { plainHost } from "./testing/open.ts";

const definition = (setup?: DefinedProvider["setup"]): DefinedProvider =>
  defineProvider({
    id: "acme",
    name: "Acme DNS",
    website: "https://acme.example",
    docs: "https://acme.example/docs",
    options: { token: { description: "API token", env: ["ACME_TOKEN"], secret: true } },
    traits: { granularity: "record" },
    permissions: "DNS write.",
    tested: { by: "contract", against: "https://acme.example/docs", on: "2026-11-24" },
    create: () => ({ add: async () => {}, remove: async () => {} }),
    ...(setup === undefined ? {} : { setup }),
  });
const how = {
  instance: "main",
  options: { token: "hunter22", endpoint: "" },
  host: plainHost(),
  domains: ["example.com"],
};

test("runs the set-up with the names it is for", async () => {
  const result = {
    records: [{ name: "_acme-challenge.example.com", type: "CNAME", value: "x.acme.example" }],
    options: { key: "k" },
  } as const;
  const seen: unknown[] = [];
  const provider = definition(async ({ token }, { domains }) => {
    seen.push(token, domains);
    return result;
  });
  expect(await setUpProvider(provider, how)).toEqual(result);
  expect(seen).toEqual(["hunter22", ["example.com"]]);
});

test("masks what it throws, and says where there is none", async () => {
  const failing = definition(() => Promise.reject(new Error("no hunter22")));
  await expect(setUpProvider(failing, how)).rejects.toMatchObject({
    code: "PROVIDER_FAILED",
    message: "acme failed: no ***",
    operation: "configure",
  });
  await expect(setUpProvider(definition(), how)).rejects.toMatchObject({ code: "PROVIDER_UNSUPPORTED" });
});
