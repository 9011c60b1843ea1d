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

describe("two cases at once take turns", () => {
  const bodies: (() => Promise<void>)[] = [];
  conformance(exampleRecord, { test: (_, body) => bodies.push(body), api: exampleRecordApi });

  test("whatever the runner does", async () => {
    await Promise.all(bodies.map((body) => body()));
    expect(bodies.length).toBeGreaterThan(40);
  });
});
