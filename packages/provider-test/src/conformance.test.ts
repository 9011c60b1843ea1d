import type { DefinedProvider, OptionsSchema } from "@certwright/provider";
import { describe, expect, test } from "vitest";
import { conformance } from "./conformance.ts";
import { exampleRecordApi, exampleRecordSetApi, exampleZoneApi } from "./example-apis.ts";
import exampleRecord from "./example-record.ts";
import exampleRecordSet from "./example-record-set.ts";
import exampleZone from "./example-zone.ts";
import type { FakeApi } from "./fake-api.ts";
import { brokenRecord } from "./testing/broken.ts";

/** Runs the suite, or one case of it, with a runner of its own and answers what failed: names with messages. */
async function failures<O extends OptionsSchema>(definition: DefinedProvider<O>, api: FakeApi<O>, only?: string) {
  const tests: [string, () => Promise<void>][] = [];
  conformance(definition, { test: (name, body) => tests.push([name, body]), api });
  const failed = new Map<string, string>();
  for (const [name, body] of tests) {
    if (only !== undefined && name !== only && !name.startsWith("every declared route")) continue;
    await body().catch((error: unknown) => failed.set(name, error instanceof Error ? error.message : String(error)));
  }
  return failed;
}

/** Anything but the shape of a provider, for variants made by hand. */
const change = <O extends OptionsSchema>(
  definition: DefinedProvider<O>,
  // biome-ignore lint/suspicious/noExplicitAny: the variants break the shapes on purpose
  changed: (good: any) => object,
): DefinedProvider<O> => ({
  ...definition,
  create: async (options, ctx) => {
    const good = await definition.create(options, ctx);
    return { ...good, ...changed(good) } as never;
  },
});

describe("a fault in a provider of single records is caught by the case made for it", () => {
  test.each([
    [
      "overwrites its siblings",
      "keeps both values of one name, and removing one leaves the other",
      brokenRecord(({ at, drop, post }) => ({
        async add(record) {
          for (const { id } of await at(record)) await drop(record, id);
          return await post(record);
        },
      })),
    ],
    [
      "removes the whole set",
      "keeps foreign TXT values of the name",
      brokenRecord(({ at, drop }) => ({
        async remove(record) {
          for (const { id } of await at(record)) await drop(record, id);
        },
      })),
    ],
    [
      "removes some value of the name",
      "removing a value that is not there leaves the others",
      brokenRecord(({ at, drop }) => ({
        async remove(record) {
          const [first] = await at(record);
          if (first) await drop(record, first.id);
        },
      })),
    ],
    [
      "adds what is there",
      "adding twice makes no duplicate, removing twice no error",
      brokenRecord(({ post }) => ({ add: (record) => post(record) })),
    ],
    [
      "fails on what is gone",
      "adding twice makes no duplicate, removing twice no error",
      brokenRecord(({ good, at }) => ({
        async remove(record) {
          if ((await at(record)).length === 0) throw new Error("nothing to remove");
          await good.remove(record);
        },
      })),
    ],
    [
      "changes the case of values",
      "keeps values exactly: signs in front, 43 characters",
      brokenRecord(({ good }) => ({
        add: (record) => good.add({ ...record, value: record.value.toLowerCase() }),
        remove: (record) => good.remove({ ...record, value: record.value.toLowerCase() }),
      })),
    ],
    [
      "cuts long values",
      "keeps a value over 255 bytes",
      brokenRecord(({ good }) => ({
        add: (record) => good.add({ ...record, value: record.value.slice(0, 255) }),
        remove: (record) => good.remove({ ...record, value: record.value.slice(0, 255) }),
      })),
    ],
    [
      "quotes with a mere pair of quotes",
      "keeps quotes, backslashes, semicolons and spaces",
      brokenRecord(({ good }) => ({
        add: (record) => good.add({ ...record, value: record.value.replaceAll("\\", "") }),
      })),
    ],
    [
      "trusts ids of its own memory",
      "a new process removes exactly ours, without any id",
      brokenRecord(({ good, drop }) => {
        const ids = new Map<string, string>();
        return {
          async add(record) {
            const id = await good.add(record);
            if (id) ids.set(record.fqdn + record.value, id);
          },
          async remove(record) {
            const id = ids.get(record.fqdn + record.value);
            if (id) await drop(record, id);
          },
        };
      }),
    ],
    [
      "believes an outdated id",
      "an outdated id does not stop the removal",
      brokenRecord(({ good, drop }) => ({
        remove: (record) => (record.id === undefined ? good.remove(record) : drop(record, record.id)),
      })),
    ],
    [
      "works at names below the zone only",
      "works at the zone's own name",
      brokenRecord(({ good }) => ({ add: (record) => good.add({ ...record, name: record.name.replace("@", "at") }) })),
    ],
    [
      "writes one by one although it says it has a batch",
      "a batch needs few writes: 100 names",
      brokenRecord(({ good }) => ({
        async addAll(_zone, records) {
          for (const record of records) await good.add(record);
        },
        async removeAll(_zone, records) {
          for (const record of records) await good.remove(record);
        },
      })),
    ],
    [
      "takes the first zone that fits",
      "takes the deepest of two nested zones",
      brokenRecord(({ api }) => ({
        async zones(candidates) {
          const zones = (await api.get("/zones", { query: { per_page: 50 } })).list("zones");
          const first = zones.find((zone) => candidates[0]?.endsWith(zone.text("name")));
          return first ? [{ name: first.text("name"), id: first.id("id") }] : [];
        },
      })),
    ],
    [
      "reads the first page of zones",
      "finds a zone on the last of many pages",
      brokenRecord(({ api }) => ({
        async zones() {
          const zones = (await api.get("/zones", { query: { per_page: 50 } })).list("zones");
          return zones.map((zone) => ({ name: zone.text("name"), id: zone.id("id") }));
        },
      })),
    ],
    [
      "reads the first page of records",
      "finds a record behind many others",
      brokenRecord(({ api, drop }) => ({
        async remove(record) {
          const records = await api.get(`/zones/${record.zone.id}/records`, { query: { per_page: 50 } });
          const found = records.list("records").find((one) => one.text("content") === record.value);
          if (found) await drop(record, found.id("id"));
        },
      })),
    ],
    [
      "writes to the first zone when it knows none",
      "refuses a zone the account does not have, and writes nothing",
      brokenRecord(({ api, good }) => ({
        async add(record) {
          const zones = (await api.get("/zones", { query: { per_page: 50 } })).list("zones");
          const known = zones.some((zone) => zone.id("id") === record.zone.id);
          const [first] = zones;
          if (known || first === undefined) return await good.add(record);
          return await good.add({ ...record, zone: { name: first.text("name"), id: first.id("id") } });
        },
      })),
    ],
    [
      "swallows errors of adding",
      "503 without end is a retryable error",
      brokenRecord(({ good }) => ({ add: (record) => good.add(record).catch(() => undefined) })),
    ],
    [
      "swallows errors of removing",
      "removing while the API is down is an error too",
      brokenRecord(({ good }) => ({ remove: (record) => good.remove(record).catch(() => undefined) })),
    ],
    [
      "takes 404 for an empty zone and writes nothing",
      "404 to everything is an error, not an empty zone",
      brokenRecord(({ good }) => ({
        zones: () => Promise.resolve([{ name: "example.com", id: "1002" }]),
        add: (record) => good.add(record).catch(() => undefined),
      })),
    ],
    [
      "does not look at answers",
      "a web page instead of an answer is an error",
      brokenRecord(({ api }) => ({
        zones: () => Promise.resolve([{ name: "example.com", id: "1002" }]),
        async add({ zone, name, value, ttl }) {
          const body = { type: "TXT", name, content: value, ttl };
          await api.post(`/zones/${zone.id}/records`, body, { read: "text" });
        },
      })),
    ],
    [
      "repeats what makes a duplicate",
      "the connection is cut after the write: no duplicate, nothing left",
      brokenRecord(({ at, post }) => ({
        async add(record) {
          const known = (await at(record)).find(({ content }) => content === record.value);
          return known?.id ?? (await post(record, true));
        },
      })),
    ],
    [
      "goes on after the abort",
      "the abort signal ends a call at once, and nothing is sent after it",
      brokenRecord(({ good, endpoint, token }) => ({
        async add(record) {
          const again = () => fetch(`${endpoint}/zones`, { headers: { authorization: `Bearer ${token}` } });
          return await good.add(record).catch(() => Promise.all([again(), again()]).then(() => undefined));
        },
      })),
    ],
    [
      "puts a part of the secret into an error",
      "adds a value, then removes it",
      brokenRecord(({ good, token }) => ({
        async add(record) {
          const id = await good.add(record);
          throw new Error(`token …${token.slice(-10)} made record ${id}`);
        },
      })),
    ],
    [
      "calls another host on the side",
      "only declared hosts are called",
      brokenRecord(({ good }) => ({
        async add(record) {
          await fetch("http://127.0.0.1:50009/telemetry").catch(() => undefined);
          return await good.add(record);
        },
      })),
    ],
    [
      "asks for pages larger than there are",
      "adds a value, then removes it",
      brokenRecord(({ api }) => ({
        async *zones() {
          for (const zone of (await api.get("/zones", { query: { per_page: 1000 } })).list("zones"))
            yield zone.text("name");
        },
      })),
    ],
    [
      "calls a path the API does not have",
      "adds a value, then removes it",
      brokenRecord(({ good, api }) => ({
        async add(record) {
          await api.get("/quota").catch(() => undefined);
          return await good.add(record);
        },
      })),
    ],
    [
      "leaves a record of its own behind",
      "adds a value, then removes it",
      brokenRecord(({ good }) => ({
        async add(record) {
          await good.add({ ...record, name: `marker.${record.name}`, fqdn: `marker.${record.fqdn}` });
          return await good.add(record);
        },
      })),
    ],
  ])("%s: %s", async (_, name, definition) => {
    const failed = await failures(definition, exampleRecordApi, name);
    expect([...failed.keys()]).toContain(name);
  });
});

describe("a fault in a provider of record sets or whole zones is caught too", () => {
  test.each([
    [
      "overwrites its siblings",
      "keeps both values of one name, and removing one leaves the other",
      { get: async () => [] },
    ],
    ["says nothing of foreign values", "keeps foreign TXT values of the name", { get: async () => [] }],
    ["writes nothing when the set is empty", "adds a value, then removes it", { set: async () => undefined }],
  ])("%s: %s", async (_, name, changed) => {
    const failed = await failures(
      change(exampleRecordSet, () => changed),
      exampleRecordSetApi,
      name,
    );
    expect([...failed.keys()]).toContain(name);
  });

  test.each([
    [
      "drops what it does not understand",
      "keeps records of other types at the name",
      (good: { read: (zone: unknown) => Promise<{ type: string }[]> }) => ({
        read: async (zone: unknown) => (await good.read(zone)).filter(({ type }) => type === "TXT"),
      }),
    ],
    [
      "takes a value at any name for its own",
      "the same value at another name is another record",
      () => ({ txt: (line: { type: string; data: string }) => (line.type === "TXT" ? line.data : undefined) }),
    ],
    [
      "takes errors in a 200 for success",
      "refuses a zone the account does not have, and writes nothing",
      () => ({ read: async () => [], write: async () => undefined }),
    ],
  ])("%s: %s", async (_, name, changed) => {
    const failed = await failures(change(exampleZone, changed), exampleZoneApi, name);
    expect([...failed.keys()]).toContain(name);
  });
});

describe("a fault in the test itself is caught", () => {
  test("a fake API that takes any credentials", async () => {
    const failed = await failures(exampleRecord, { ...exampleRecordApi, auth: () => true });
    expect([...failed.keys()]).toEqual(["wrong credentials are named as such"]);
  });

  test("a fake API without `auth` for a provider with secrets", async () => {
    const failed = await failures(exampleRecord, { routes: exampleRecordApi.routes });
    expect(failed.get("adds a value, then removes it")).toMatch(/needs `auth`/);
  });

  test("a route nobody uses", async () => {
    const routes = { ...exampleRecordApi.routes, "GET /never": () => ({}) };
    const failed = await failures(exampleRecord, { ...exampleRecordApi, routes });
    expect([...failed.values()]).toEqual([expect.stringContaining("GET /never")]);
  });

  test("a route that is missing", async () => {
    const { "GET /zones": _, ...routes } = exampleRecordApi.routes;
    const failed = await failures(exampleRecord, { ...exampleRecordApi, routes });
    expect(failed.get("adds a value, then removes it")).toMatch(/GET \/zones -> 501/);
  });

  test("a route that throws", async () => {
    const routes = {
      ...exampleRecordApi.routes,
      "GET /zones": () => {
        throw new TypeError("a mistake in the test");
      },
    };
    const failed = await failures(exampleRecord, { ...exampleRecordApi, routes });
    expect(failed.size).toBeGreaterThan(20);
  });

  test("a shape that is not the promised one", async () => {
    const traits = { ...exampleRecord.traits, granularity: "recordSet" } as const;
    const failed = await failures({ ...exampleRecord, traits }, exampleRecordApi);
    expect(failed.get("adds a value, then removes it")).toMatch(/granularity/);
  });
});
