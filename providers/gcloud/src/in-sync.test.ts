import { generateKeyPairSync } from "node:crypto";
import { type DefinedProvider, openProvider } from "@certwright/provider";
import { expect, test } from "vitest";
import provider from "./index.ts";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const serviceAccount = JSON.stringify({
  project_id: "my-project",
  client_email: "certwright@my-project.iam.gserviceaccount.com",
  private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
});
const zone = { name: "example.com", id: "zone-1" };

// https://cloud.google.com/dns/docs/reference/rest/v1/changes: pending, then done.
test("is in sync once every change is done, and asks no more then", async () => {
  const states = ["pending", "done"];
  const asked: string[] = [];
  const answers: Record<string, () => object> = {
    "POST /token": () => ({ access_token: "ya29.t", expires_in: 3599 }),
    "GET /dns/v1/projects/my-project/managedZones/zone-1/rrsets": () => ({ rrsets: [] }),
    "POST /dns/v1/projects/my-project/managedZones/zone-1/changes": () => ({ id: "7", status: "pending" }),
    "GET /dns/v1/projects/my-project/managedZones/zone-1/changes/7": () => ({ id: "7", status: states.shift() }),
  };
  const handle = await openProvider(provider as unknown as DefinedProvider, {
    instance: "gcloud",
    options: { serviceAccount, endpoint: "https://dns.googleapis.com/dns/v1", privateZone: false },
    host: {
      async fetch(input, init) {
        const { method, url } = new Request(input, init);
        const request = `${method} ${new URL(url).pathname}`;
        asked.push(request);
        return Response.json(answers[request]?.() ?? { error: { message: "no such route" } });
      },
      signal: new AbortController().signal,
      sleep: () => Promise.resolve(),
      now: () => Date.parse("2026-11-24T00:00:00Z"),
      random: () => 0,
      readFile: () => Promise.reject(new Error("no file is needed")),
    },
  });
  expect(await handle.inSync?.(zone)).toBe(true);
  await handle.add([{ zone, name: "_acme-challenge", fqdn: "_acme-challenge.example.com", value: "v", ttl: 60 }]);
  expect(await handle.inSync?.(zone)).toBe(false);
  expect(await handle.inSync?.(zone)).toBe(true);
  const before = asked.length;
  expect(await handle.inSync?.(zone)).toBe(true);
  expect(asked.length).toBe(before);
});
