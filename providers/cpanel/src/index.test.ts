import { answer, conformance, demand, type FakeDns, type Refusal } from "@certwright/provider-test";
import { describe, test } from "vitest";
import provider from "./index.ts";

const b64 = (text: string) => Buffer.from(text).toString("base64");
const line = (index: number, name: string, type: string, data: readonly string[]) => ({
  ...{ type: "record", line_index: index, ttl: 14_400, record_type: type },
  ...{ dname_b64: b64(name), data_b64: data.map(b64) },
});
const strings = (value: string) => value.match(/[\s\S]{1,255}/g) ?? [""];

/** The zone as a file: a comment, the SOA record whose serial is the number of changes, and a line for each record. */
function parse(dns: FakeDns, name = "") {
  const records = dns.zone(name).records.map(({ name: owner, fqdn, type, value, id }, index) => {
    return line(index + 2, index % 2 === 0 ? `${fqdn}.` : owner, type, type === "TXT" ? strings(value) : [value, id]);
  });
  const soa = line(1, `${name}.`, "SOA", ["ns.example.", "root.example.", String(dns.changes)]);
  return [{ type: "comment", line_index: 0, text_b64: b64("; cPanel") }, soa, ...records];
}

function edit(dns: FakeDns, form: Readonly<Record<string, string>>) {
  const zone = dns.zone(form.zone);
  demand(Number(form.serial) === dns.changes, "The given serial number does not match the DNS zone’s serial number.");
  if (form.remove !== undefined) zone.remove(zone.records[Number(form.remove) - 2]?.id ?? "");
  const { dname, ttl, data } = JSON.parse(form.add ?? "{}");
  if (dname !== undefined) zone.add({ fqdn: dname, value: data.join(""), ttl });
  return { new_serial: String(dns.changes) };
}

const words = ({ status, message }: Pick<Refusal, "status" | "message">) =>
  status === 404
    ? "You do not control a DNS zone named “example.com”."
    : status === 409
      ? "The serial number differs"
      : message;

// https://api.docs.cpanel.net/openapi/cpanel/operation/dns-mass_edit_zone/ and, for WHM, .../whm/operation/mass_edit_dns_zone/
describe("cPanel", () => {
  const done = (data: unknown) => ({ status: 1, data, errors: null, messages: null, warnings: null, metadata: {} });
  conformance(provider, {
    test,
    api: {
      auth: ({ headers }, { username, token }) => headers.authorization === `cpanel ${username}:${token}`,
      errors: (refusal) =>
        [401, 403, 429].includes(refusal.status)
          ? answer(refusal.status, { status: 0, errors: [refusal.message] })
          : { status: 0, data: null, errors: [words(refusal)], messages: null, warnings: null, metadata: {} },
      routes: {
        "POST /execute/DomainInfo/list_domains": (_request, dns) => {
          const [main, parked, ...addon] = dns.zones.map(({ name }) => name);
          return done({ main_domain: main, parked_domains: [parked], addon_domains: addon, sub_domains: ["www"] });
        },
        "POST /execute/DNS/parse_zone": ({ form }, dns) => done(parse(dns, form.zone)),
        "POST /execute/DNS/mass_edit_zone": ({ form }, dns) => done(edit(dns, form)),
      },
    },
  });
});

describe("WHM", () => {
  const done = (data: unknown) => ({ metadata: { command: "", version: 1, result: 1, reason: "OK" }, data });
  conformance(provider, {
    test,
    options: { mode: "whm" },
    api: {
      auth: ({ headers, form }, { username, token }) =>
        headers.authorization === `whm ${username}:${token}` && form["api.version"] === "1",
      errors: (refusal) =>
        [401, 403, 429].includes(refusal.status)
          ? answer(refusal.status, { cpanelresult: { error: refusal.message } })
          : { metadata: { version: 1, result: 0, reason: words(refusal) }, data: null },
      routes: {
        "POST /json-api/listzones": (_request, dns) => done({ zone: dns.zones.map(({ name }) => ({ domain: name })) }),
        "POST /json-api/parse_dns_zone": ({ form }, dns) => done({ payload: parse(dns, form.zone) }),
        "POST /json-api/mass_edit_dns_zone": ({ form }, dns) => done(edit(dns, form)),
      },
    },
  });
});
