import { reply } from "@certwright/provider";
import { type ApiRequest, answer, conformance, demand, escapeXml, open, text, xml } from "@certwright/provider-test";
import { expect, test } from "vitest";
import provider from "./index.ts";

const envelope = (status: string, errors: string, inner: string) =>
  xml(
    `<?xml version="1.0" encoding="utf-8"?><ApiResponse Status="${status}" xmlns="http://api.namecheap.com/xml.response"><Errors>${errors}</Errors><Warnings />${inner}<Server>PHX01</Server></ApiResponse>`,
  );
const ok = (type: string, inner: string) =>
  envelope("OK", "", `<CommandResponse Type="namecheap.${type}">${inner}</CommandResponse>`);
const numbers: Readonly<Record<number, number>> = {
  401: 1011102,
  403: 2030166,
  404: 2019166,
  422: 2050900,
  429: 500000,
};
const zoneOf = ({ form }: ApiRequest) => `${form.SLD}.${form.TLD}`;

// https://www.namecheap.com/support/api/methods/
conformance(provider, {
  test,
  api: {
    auth: ({ form }, { apiUser, apiKey }) =>
      form.ApiUser === apiUser && form.UserName === apiUser && form.ApiKey === apiKey && form.ClientIp === "192.0.2.77",
    errors: ({ status, message }) =>
      numbers[status] === undefined
        ? answer(status)
        : envelope("ERROR", `<Error Number="${numbers[status]}">${escapeXml(message)}</Error>`, "<RequestedCommand />"),
    routes: {
      "GET https://dynamicdns.park-your-domain.com/getip": open(() => text("192.0.2.77\n")),
      "POST /?Command=namecheap.domains.getList": ({ form }, dns) => {
        const { items, total } = dns.paged(dns.zones, { page: form.Page, size: form.PageSize, max: 100 });
        const domains = items.map(({ id, name }) => `<Domain ID="${id}" Name="${name}" IsOurDNS="true" />`).join("");
        const paging = `<Paging><TotalItems>${total}</TotalItems><CurrentPage>${form.Page}</CurrentPage></Paging>`;
        return ok("domains.getList", `<DomainGetListResult>${domains}</DomainGetListResult>${paging}`);
      },
      "POST /?Command=namecheap.domains.dns.getHosts": (request, dns) => {
        const { name, records } = dns.zone(zoneOf(request));
        const hosts = records.map(
          (record) =>
            `<host HostId="${record.id}" Name="${record.name}" Type="${record.type}" Address="${escapeXml(record.value)}" MXPref="10" TTL="${record.ttl}" IsActive="true" />`,
        );
        const attributes = `Domain="${name}" EmailType="FWD" IsUsingOurDNS="true"`;
        const result = `<DomainDNSGetHostsResult ${attributes}>${hosts.join("")}</DomainDNSGetHostsResult>`;
        return ok("domains.dns.getHosts", result);
      },
      "POST /?Command=namecheap.domains.dns.setHosts": (request, dns) => {
        const { form } = request;
        demand(form.EmailType === "FWD", "the way of mail is lost");
        const count = Object.keys(form).filter((field) => /^HostName\d+$/.test(field)).length;
        const records = Array.from({ length: count }, (_, index) => {
          const [name, type, value, ttl] = ["HostName", "RecordType", "Address", "TTL"].map(
            (field) => form[`${field}${index + 1}`] ?? "",
          ) as [string, string, string, string];
          demand(Number(ttl) >= 60 && Number(ttl) <= 60_000, "TTL is out of range");
          return { name, type, value, ttl: Number(ttl) };
        });
        const zone = dns.zone(zoneOf(request));
        zone.replaceZone(records);
        return ok("domains.dns.setHosts", `<DomainDNSSetHostsResult Domain="${zone.name}" IsSuccess="true" />`);
      },
    },
  },
});

test("the address is not asked for where it is given, and the test system is another host", async () => {
  const seen: unknown[] = [];
  const http = (options: { baseUrl?: string } = {}) => ({
    post: async (_: string, form: { ClientIp: string }) => {
      seen.push(options.baseUrl, form.ClientIp);
      return reply({ ApiResponse: { CommandResponse: { DomainGetListResult: "" } } }, { xml: true });
    },
  });
  const options = { apiUser: "somebody", apiKey: "key", clientIp: "192.0.2.1", sandbox: true };
  const endpoint = provider.endpoint ?? "";
  const opened = await provider.create({ ...options, endpoint }, { http, now: () => 0 } as never);
  for await (const zone of (await opened.zones?.([])) ?? []) seen.push(zone);
  expect(seen).toEqual(["https://api.sandbox.namecheap.com/xml.response", "192.0.2.1"]);
});
