import { answer, conformance, demand } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const ttls = ["60", "300", "900", "1800", "3600", "21600", "43200", "86400"];
const words: Readonly<Record<number, string>> = {
  401: "Invalid authentication, incorrect auth-id or auth-password.",
  403: "Invalid authentication, incorrect auth-id or auth-password.",
  404: "Missing domain-name",
  429: "Request blocked. 192.0.2.1 is sending more than 20 requests per second.",
};

// https://www.cloudns.net/wiki/article/41/
conformance(provider, {
  test,
  api: {
    auth: ({ form }, { authId, authPassword }) => form["auth-id"] === authId && form["auth-password"] === authPassword,
    errors: ({ status, message }) =>
      status === 409 ? answer(409) : { status: "Failed", statusDescription: words[status] ?? message },
    routes: {
      "POST /list-zones.json": ({ form }, dns) => {
        const found = dns.zones.filter(({ name }) => name.includes(form.search ?? ""));
        const { items } = dns.paged(found, { page: form.page, size: form["rows-per-page"], max: 100 });
        return items.map(({ name }) => ({ name, type: "master", zone: "domain", status: "1" }));
      },
      "POST /records.json": ({ form }, dns) => {
        const name = form.host === "" ? undefined : form.host;
        const found = dns.zone(form["domain-name"]).list({ name, type: form.type });
        const { items } = dns.paged(found, { page: form.page, size: form["rows-per-page"], max: 100 });
        const rows = items.map(({ id, type, ...row }) => {
          return [id, { id, type, host: row.name === "@" ? "" : row.name, record: row.value, ttl: "60", status: 1 }];
        });
        return rows.length === 0 ? [] : Object.fromEntries(rows);
      },
      "POST /add-record.json?record-type=TXT": ({ form }, dns) => {
        demand(ttls.includes(form.ttl ?? ""), "Invalid TTL. Choose from the list of the values we support.");
        const { id } = dns.zone(form["domain-name"]).add({ name: form.host ?? "", value: form.record ?? "" });
        return { status: "Success", statusDescription: "The record was added successfully.", data: { id: Number(id) } };
      },
      "POST /delete-record.json": ({ form }, dns) => {
        dns.zone(form["domain-name"]).remove(form["record-id"] ?? "");
        return { status: "Success", statusDescription: "The record was deleted successfully." };
      },
    },
  },
});
