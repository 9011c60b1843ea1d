import { defineProvider, ProviderError, path, sameName } from "@certwright/provider";
import { describe, expect, test } from "vitest";
import { conformance } from "./conformance.ts";
import { exampleRecordApi, exampleRecordSetApi } from "./example-apis.ts";
import exampleRecord from "./example-record.ts";
import exampleRecordSet from "./example-record-set.ts";
import { demand } from "./refusal.ts";
import { open } from "./routes.ts";

/* Kinds of providers the three examples do not show, each through the whole kit. */

describe("one value at a name: in turns, and never over somebody else's", () => {
  const single = defineProvider({
    ...exampleRecordSet,
    traits: { granularity: "recordSet", maxValues: 1 },
    create({ user, password }, { http }) {
      const api = http({ basic: { user, password } });
      const to = (zone: string, fqdn: string) => path`/text/${zone}/${fqdn}`;
      return {
        async get({ zone, fqdn }) {
          const text = (await api.get(to(zone.name, fqdn))).textOrNone("text");
          return text === undefined ? [] : [text];
        },
        async set({ zone, fqdn }, [text]) {
          await api.put(to(zone.name, fqdn), { text: text ?? null });
        },
      };
    },
  });
  const auth = exampleRecordSetApi.auth as NonNullable<typeof exampleRecordSetApi.auth>;
  conformance(single, {
    test,
    api: {
      auth,
      routes: {
        "GET /text/:zone/:name": ({ params }, dns) => ({
          text: dns.zone(params.zone).values(params.name ?? "")[0] ?? null,
        }),
        "PUT /text/:zone/:name": ({ params, json }, dns) =>
          dns.zone(params.zone).replace({ fqdn: params.name ?? "" }, json.text === null ? [] : [json.text]),
      },
    },
  });
});

describe("a token from another host, which the kit stands in for", () => {
  const withLogin = defineProvider({
    ...exampleRecord,
    hosts: ["login.record.example"],
    async create({ token, endpoint }, ctx) {
      const login = ctx.http({ baseUrl: "https://login.record.example" });
      const bearer = async () => (await login.post("/token", { secret: token })).text("access");
      const http: typeof ctx.http = (options) => ctx.http({ ...options, bearer });
      return await exampleRecord.create({ token, endpoint }, { ...ctx, http });
    },
  });
  conformance(withLogin, {
    test,
    api: {
      auth: ({ bearer }) => bearer === "a-session",
      routes: {
        ...exampleRecordApi.routes,
        "POST https://login.record.example/token": open(({ json }) => {
          demand(json.secret === "planted-token-5e7c19a4d2", "wrong secret", 401);
          return { access: "a-session" };
        }),
      },
    },
  });
});

describe("declared limits are checked instead of left out", () => {
  const names: string[] = [];
  const limited = defineProvider({
    ...exampleRecord,
    traits: {
      granularity: "record",
      limits: {
        longValues: "The API takes 255 bytes.",
        specialCharacters: "The API cuts quotes.",
        apex: "Not at the top.",
      },
    },
    async create(options, ctx) {
      const good = await exampleRecord.create(options, ctx);
      if (!("add" in good)) throw new Error("the example is a provider of records");
      return {
        ...good,
        async add(record) {
          if (record.value.length > 255 || record.value.includes('"') || sameName(record.name, "@"))
            throw new ProviderError("PROVIDER_UNSUPPORTED", "the API does not take this value");
          return await good.add(record);
        },
      };
    },
  });
  conformance(limited, {
    test(name, body) {
      names.push(name);
      return test(name, body);
    },
    api: exampleRecordApi,
  });

  test("and are named", () => {
    expect(names).toEqual(expect.arrayContaining(["refuses a value over 255 bytes, as declared"]));
    expect(names).not.toEqual(expect.arrayContaining(["keeps a value over 255 bytes"]));
  });
});

describe("an API that cannot remove", () => {
  const traits = {
    granularity: "record",
    limits: { removal: "The API knows no deletion." },
  } as const;
  const keeping = defineProvider({
    ...exampleRecord,
    traits,
    async create(options, ctx) {
      const good = await exampleRecord.create(options, ctx);
      if (!("add" in good)) throw new Error("the example is a provider of records");
      return { ...good, remove: async () => {} };
    },
  });
  const cases = new Map<string, () => Promise<void>>();
  const api = { ...exampleRecordApi, routes: { ...exampleRecordApi.routes } };
  // Nothing comes to it: that is the limit.
  delete api.routes["DELETE /zones/:zone/records/:id"];
  conformance(keeping, {
    test(name, body) {
      cases.set(name, body);
      return test(name, body);
    },
    api,
  });
  const claiming: [string, () => Promise<void>][] = [];
  conformance(defineProvider({ ...exampleRecord, traits }), {
    test: (name, body) => claiming.push([name, body]),
    api: exampleRecordApi,
  });

  test("is spared only the cases about removing", () => {
    const names = [...cases.keys()];
    expect(names).toContain("the connection is cut after the write: no duplicate, nothing left");
    expect(names.filter((name) => name.includes("remov")).sort()).toEqual([
      "adding twice makes no duplicate, removing twice no error",
      "adds a value; removing it is no error and leaves it, as declared",
      "keeps both values of one name, and removing one leaves the other",
      "removing a value that is not there leaves the others",
    ]);
  });

  test("is not believed when it can", async () => {
    const body = claiming.find(([name]) => name.endsWith("leaves it, as declared"))?.[1];
    await expect(body?.()).rejects.toThrow("after removing");
  });
});

describe("two cases at once take turns", () => {
  const bodies: (() => Promise<void>)[] = [];
  conformance(exampleRecord, { test: (_, body) => bodies.push(body), api: exampleRecordApi });

  test("whatever the runner does", async () => {
    await Promise.all(bodies.map((body) => body()));
    expect(bodies.length).toBeGreaterThan(40);
  });
});
