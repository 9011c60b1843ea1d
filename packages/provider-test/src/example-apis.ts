import type { OptionsSchema } from "@certwright/provider";
import { answer } from "./answer.ts";
import type { FakeApi } from "./fake-api.ts";
import { demand } from "./refusal.ts";
import { quoted, unquoted } from "./zone-text.ts";

/** Makes sense of `auth`'s options in a declaration of its own, apart from its provider. */
type Api<K extends string> = FakeApi<{ readonly [P in K]: OptionsSchema[string] }>;

/** The API of `example-record.ts`: pages of 50 at most, duplicates are kept. */
export const exampleRecordApi: Api<"token"> = {
  auth: ({ bearer }, { token }) => bearer === token,
  routes: {
    "GET /zones": ({ query }, dns) => {
      const { items } = dns.paged(dns.zones, { page: query.page, size: query.per_page, max: 50 });
      return { zones: items.map(({ id, name }) => ({ id: Number(id), name })) };
    },
    "GET /zones/:zone/records": ({ params, query }, dns) => {
      const { records } = dns.zone(params.zone);
      const { items } = dns.paged(records, { page: query.page, size: query.per_page, max: 50 });
      return { records: items.map(({ id, name, type, value }) => ({ id: Number(id), name, type, content: value })) };
    },
    "POST /zones/:zone/records": ({ params, json }, dns) => {
      const { id } = dns
        .zone(params.zone)
        .add({ type: json.type, name: json.name, value: json.content, ttl: json.ttl });
      return answer(201, { id: Number(id) });
    },
    "DELETE /zones/:zone/records/:id": ({ params }, dns) => void dns.zone(params.zone).remove(params.id ?? ""),
  },
};

/** The API of `example-record-set.ts`: quoted values, 404 for a set that is not there. */
export const exampleRecordSetApi: Api<"user" | "password"> = {
  auth: ({ basic }, { user, password }) => basic?.user === user && basic?.password === password,
  routes: {
    "GET /zone/:zone/:name/TXT": ({ params }, dns) => {
      const values = dns.zone(params.zone).values(params.name ?? "");
      demand(values.length > 0, "no such set", 404);
      return { values: values.map(quoted) };
    },
    "PUT /zone/:zone/:name/TXT": ({ params, json }, dns) => {
      dns.zone(params.zone).replace({ fqdn: params.name ?? "" }, json.values.map(unquoted), json.ttl);
    },
    "DELETE /zone/:zone/:name/TXT": ({ params }, dns) => {
      dns.zone(params.zone).replace({ fqdn: params.name ?? "" }, []);
    },
  },
};

const states: Readonly<Record<number, string>> = { 401: "auth", 403: "auth", 404: "unknown", 409: "busy", 429: "slow" };

/** The API of `example-zone.ts`: one path, a form field that names the call, and 200 to everything. */
export const exampleZoneApi: Api<"key"> = {
  auth: ({ query }, { key }) => query.key === key,
  errors: ({ status, message }) => ({ status: states[status] ?? "error", message }),
  routes: {
    "POST /?do=zones": (_, dns) => ({ status: "ok", zones: dns.zones.map(({ name }) => name) }),
    "POST /?do=read": ({ form }, dns) => {
      const { records } = dns.zone(form.zone);
      return {
        status: "ok",
        lines: records.map(({ name, type, value, ttl }) => ({ host: name, type, data: value, ttl })),
      };
    },
    "POST /?do=write": ({ form }, dns) => {
      const lines: { host: string; type: string; data: string; ttl: number }[] = JSON.parse(form.lines ?? "");
      const records = lines.map(({ host, type, data, ttl }) => ({ name: host, type, value: data, ttl }));
      dns.zone(form.zone).replaceZone(records);
      return { status: "ok" };
    },
  },
};
