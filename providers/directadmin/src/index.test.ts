import { answer, conformance, demand, quoted, Refusal, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const words: Readonly<Record<number, string>> = {
  403: "You cannot execute that command",
  404: "You do not own that domain",
  409: "That record already exists",
};

// https://docs.directadmin.com/changelog/version-1.24.2.html
conformance(provider, {
  test,
  api: {
    auth: ({ basic }, { username, password }) => basic?.user === username && basic.password === password,
    errors: ({ status, message }) => {
      if (status === 401 || status === 429) return answer(status);
      return answer(status === 404 ? 500 : 200, { error: "Cannot View Dns Record", result: words[status] ?? message });
    },
    routes: {
      "GET /CMD_API_SHOW_DOMAINS?json=yes": (_request, dns) => dns.zones.map(({ name }) => name),
      "GET /CMD_API_DNS_CONTROL?json=yes": ({ query }, dns) => ({
        records: dns.zone(query.domain).records.map(({ name, fqdn, type, value, ttl }) => {
          const row = { name: name === "@" ? `${fqdn}.` : name, value: type === "TXT" ? quoted(value) : value };
          return { ...row, type, ttl: String(ttl), combined: `name=${row.name}&value=${row.value}` };
        }),
      }),
      "POST /CMD_API_DNS_CONTROL?action=add": ({ query, form: { domain, name = "", value, ttl, type } }, dns) => {
        demand(type === "TXT" && query.json === "yes", "Invalid record");
        const owner = name.endsWith(".") ? { fqdn: name } : { name };
        dns.zone(domain).add({ ...owner, value: unquoted(value), ttl: Number(ttl) });
        return { success: "Record Added", result: "" };
      },
      "POST /CMD_API_DNS_CONTROL?action=select": ({ form: { domain, txtrecs0 = "" } }, dns) => {
        const [, name = "", value] = /^name=(.*?)&value=(.*)$/.exec(txtrecs0) ?? [];
        const owner = name.endsWith(".") ? { fqdn: name } : { name };
        const gone = dns.zone(domain).removeAll({ ...owner, type: "TXT", value: unquoted(value) });
        if (gone === 0) throw new Refusal(422, "Could not find that record");
        return { success: "Records Deleted", result: "" };
      },
    },
  },
});
