import { generateKeyPairSync } from "node:crypto";
import { type DefinedProvider, openProvider } from "@certwright/provider";
import { expect, test } from "vitest";
import provider from "./index.ts";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = JSON.stringify({
  id: "ajekey",
  service_account_id: "ajesa",
  private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
});
const zone = { name: "example.com", id: "dns1" };
const record = { zone, name: "_acme-challenge", fqdn: "_acme-challenge.example.com", value: "v", ttl: 60 };

/** Adds a value while every operation answers this; the error and how long was waited, in milliseconds. */
async function addWhile(operation: object) {
  let waited = 0;
  const answers: Record<string, object> = {
    "/iam/v1/tokens": { iamToken: "t1.t" },
    "/dns/v1/zones/dns1:getRecordSet": { data: [] },
    "/dns/v1/zones/dns1:upsertRecordSets": { id: "op1", done: false },
    "/operations/op1": { id: "op1", ...operation },
  };
  const handle = await openProvider(provider as unknown as DefinedProvider, {
    instance: "yandexcloud",
    options: { key, folderId: "b1g", endpoint: provider.endpoint },
    host: {
      fetch: async (input, init) => Response.json(answers[new URL(new Request(input, init).url).pathname]),
      signal: new AbortController().signal,
      async sleep(milliseconds) {
        waited += milliseconds;
      },
      now: () => Date.parse("2026-11-24T00:00:00Z"),
      random: () => 0,
      readFile: () => Promise.reject(new Error("no file is needed")),
    },
  });
  return { adding: handle.add([record]), waited: () => waited };
}

// https://yandex.cloud/en/docs/api-design-guide/concepts/operation
test("an operation that failed is an error with its reason", async () => {
  const { adding } = await addWhile({ done: true, error: { code: 9, message: "the zone is locked" } });
  await expect(adding).rejects.toMatchObject({
    code: "PROVIDER_INVALID",
    message: expect.stringContaining("the zone is locked"),
  });
});

test("an operation without end is waited for a minute each time, and perhaps done", async () => {
  const { adding, waited } = await addWhile({ done: false });
  await expect(adding).rejects.toMatchObject({ code: "PROVIDER_TIMEOUT", uncertain: true });
  // The host looks again and repeats once what is uncertain.
  expect(waited()).toBe(2 * 60_000);
});
