import type { Answers } from "./answers.ts";

/** The files a person writes, by their path in the provider's folder; manifest and tables are derived by `sync`. */
export function providerFiles(answers: Answers, today: string): ReadonlyMap<string, string> {
  return new Map([
    ["package.json", `${JSON.stringify({ version: "0.1.0", type: "module" }, undefined, 2)}\n`],
    ["README.md", readme(answers)],
    ["src/index.ts", source(answers, today)],
    ["src/index.test.ts", testSource(answers)],
  ]);
}

function readme({ name, website }: Answers): string {
  return `# ${name}\n\nThe [Certwright](../../README.md) DNS provider for [${name}](${website}).\n\nSay here which token to make, where, and with which smallest permission.\n`;
}

function source({ id, name, website, docs, endpoint, shape }: Answers, today: string): string {
  const variable = id.replaceAll("-", "_").toUpperCase();
  const imports = {
    record: "defineProvider, path, recordsById, sameName",
    recordSet: "defineProvider, path, quote, unquote",
    zone: "defineProvider, path, sameName, type ZoneShape",
  };
  return `import { ${imports[shape]} } from "@certwright/provider";
${shape === "zone" ? line : ""}
export default defineProvider({
  id: ${JSON.stringify(id)},
  name: ${JSON.stringify(name)},
  website: ${JSON.stringify(website)},
  docs: ${JSON.stringify(docs)},
  endpoint: ${JSON.stringify(endpoint)},
  options: {
    token: { description: "API token", env: ["${variable}_TOKEN"], secret: true },
  },
  traits: { granularity: ${JSON.stringify(shape)}, minTtl: 60 },
  permissions: "A token that may edit TXT records of the zone, and nothing else.",
  tested: { by: "contract", against: ${JSON.stringify(docs)}, on: ${JSON.stringify(today)} },
  create({ token }, { http })${shape === "zone" ? ": ZoneShape<Line>" : ""} {
    const api = http({ bearer: token });
    return {
      async zones() {
        const reply = await api.get("/zones");
        return reply.list("zones").map((zone) => ({ name: zone.text("name"), id: zone.id("id") }));
      },
${body[shape]}
    };
  },
});
`;
}

/** A record as the API of a whole zone has it. */
const line = `
interface Line {
  readonly host: string;
  readonly type: string;
  readonly data: string;
  readonly ttl: number;
}
`;

const body: Record<Answers["shape"], string> = {
  record: `      ...recordsById({
        list: async ({ zone }) => (await api.get(path\`/zones/\${zone.id}/records\`)).list("records"),
        is: (found, { name, value }) =>
          found.text("type") === "TXT" && sameName(found.text("name"), name) && found.text("content") === value,
        id: (found) => found.id("id"),
        async create({ zone, name, value, ttl }) {
          const record = { type: "TXT", name, content: value, ttl };
          return (await api.post(path\`/zones/\${zone.id}/records\`, record, { repeat: false })).id("id");
        },
        delete: ({ zone }, id) => api.delete(path\`/zones/\${zone.id}/records/\${id}\`, { absent: null }),
      }),`,
  recordSet: `      async get({ zone, name }) {
        const set = await api.get(path\`/zones/\${zone.id}/sets/\${name}/TXT\`, { absent: { values: [] } });
        return set.list("values").map((value) => unquote(value.text()));
      },
      async set({ zone, name, ttl }, values) {
        await api.put(path\`/zones/\${zone.id}/sets/\${name}/TXT\`, { ttl, values: values.map(quote) });
      },`,
  zone: `      async read(zone) {
        const reply = await api.get(path\`/zones/\${zone.id}/records\`);
        return reply.list("records").map((record) => ({
          host: record.text("host"),
          type: record.text("type"),
          data: record.text("data"),
          ttl: record.number("ttl"),
        }));
      },
      async write(zone, records) {
        await api.put(path\`/zones/\${zone.id}/records\`, { records });
      },
      txt: ({ host, type, data }, { name }) => (type === "TXT" && sameName(host, name) ? data : undefined),
      record: ({ name, value, ttl }) => ({ host: name, type: "TXT", data: value, ttl }),`,
};

function testSource({ docs, shape }: Answers): string {
  const imports = shape === "recordSet" ? "conformance, quoted, unquoted" : "conformance";
  return `import { ${imports} } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

test("the routes below are those of the documentation", () => {
  throw new Error("Delete this test when they are: ${docs}");
});

conformance(provider, {
  test,
  api: {
    auth: ({ bearer }, { token }) => bearer === token,
    routes: {
      "GET /zones": (_request, dns) => ({ zones: dns.zones.map(({ id, name }) => ({ id, name })) }),
${routes[shape]}
    },
  },
});
`;
}

/** The API that `body` guesses: the kit runs from the first moment, and both are changed together. */
const routes: Record<Answers["shape"], string> = {
  record: `      "GET /zones/:zone/records": ({ params }, dns) => {
        const { records } = dns.zone(params.zone);
        return { records: records.map(({ id, name, type, value }) => ({ id, name, type, content: value })) };
      },
      "POST /zones/:zone/records": ({ params, json }, dns) => {
        const { type, name, content, ttl } = json;
        return { id: dns.zone(params.zone).add({ type, name, value: content, ttl }).id };
      },
      "DELETE /zones/:zone/records/:id": ({ params }, dns) => void dns.zone(params.zone).remove(params.id ?? ""),`,
  recordSet: `      "GET /zones/:zone/sets/:name/TXT": ({ params }, dns) => {
        const found = dns.zone(params.zone).list({ name: params.name, type: "TXT" });
        return { values: found.map(({ value }) => quoted(value)) };
      },
      "PUT /zones/:zone/sets/:name/TXT": ({ params, json }, dns) => {
        dns.zone(params.zone).replace({ name: params.name ?? "" }, json.values.map(unquoted), json.ttl);
      },`,
  zone: `      "GET /zones/:zone/records": ({ params }, dns) => {
        const { records } = dns.zone(params.zone);
        return { records: records.map(({ name, type, value, ttl }) => ({ host: name, type, data: value, ttl })) };
      },
      "PUT /zones/:zone/records": ({ params, json }, dns) => {
        const records = (json.records as { host: string; type: string; data: string; ttl: number }[]).map(
          ({ host, type, data, ttl }) => ({ name: host, type, value: data, ttl }),
        );
        dns.zone(params.zone).replaceZone(records);
      },`,
};
