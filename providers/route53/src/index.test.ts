import { signRequest } from "@certwright/provider";
import {
  type ApiRequest,
  conformance,
  demand,
  escapeXml,
  type FakeDns,
  quoted,
  Refusal,
  unquoted,
  type XmlElement,
  xml,
} from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const codes: Record<number, readonly [number, string]> = {
  401: [403, "SignatureDoesNotMatch"],
  403: [403, "AccessDenied"],
  404: [404, "NoSuchHostedZone"],
  409: [400, "InvalidChangeBatch"],
  429: [400, "Throttling"],
};
const document = (root: string, inner: string, status = 200) =>
  xml(
    `<?xml version="1.0"?>\n<${root} xmlns="https://route53.amazonaws.com/doc/2013-04-01/">${inner}</${root}>`,
    status,
  );
const el = (name: string, text: string | number | boolean) => `<${name}>${escapeXml(String(text))}</${name}>`;
const all = (element: XmlElement, name: string): XmlElement[] => [
  ...(element.name === name ? [element] : []),
  ...element.children.flatMap((child) => all(child, name)),
];
const bare = (name = "") => name.replace(/\.$/, "");
/** Route 53 sorts by the labels from the right. */
const sortKey = (name: string) => bare(name).split(".").reverse().join(".");

/** Signature Version 4 over exactly the headers the request says it signed. */
function isSigned({ method, rawUrl, headers, text }: ApiRequest, accessKey: string, secretKey: string): boolean {
  const [, date = "", region = "", names = ""] =
    /\/(\d{8})\/([\w-]+)\/route53\/aws4_request, SignedHeaders=([\w;-]+),/.exec(headers.authorization ?? "") ?? [];
  const listed = names.split(";");
  const given = Object.fromEntries(listed.filter((name) => name !== "host").map((name) => [name, headers[name] ?? ""]));
  const signed = signRequest(
    { method, url: new URL(rawUrl, `http://${headers.host}`), headers: given, body: text },
    {
      algorithm: "AWS4-HMAC-SHA256",
      accessKey,
      secretKey,
      keyPrefix: "AWS4",
      headers: {},
      time: headers["x-amz-date"] ?? "",
      scope: [date, region, "route53", "aws4_request"],
      path: "encodedTwice",
      signs: (name) => listed.includes(name),
    },
  );
  return signed.headers.authorization === headers.authorization;
}

const zoneXml = ({ id, name }: { id: string; name: string }) =>
  el("Id", `/hostedzone/${id}`).concat(
    el("Name", `${name}.`),
    "<CallerReference>r</CallerReference>",
    "<Config><PrivateZone>false</PrivateZone></Config>",
  );

function recordSets(dns: FakeDns, zone: string | undefined) {
  const groups = Map.groupBy(dns.zone(zone).list(), ({ fqdn, type }) => `${sortKey(fqdn)} ${type}`);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, records]) => ({ key, records }));
}
type Sets = ReturnType<typeof recordSets>;
const setXml = ({ records }: Sets[number]) => {
  const [first] = records;
  const values = records.map(({ type, value }) => el("Value", type === "TXT" ? quoted(value) : value));
  const set = [el("Name", `${first?.fqdn}.`), el("Type", first?.type ?? ""), el("TTL", first?.ttl ?? 300)].join("");
  return `<ResourceRecordSet>${set}<ResourceRecords>${values.map((value) => `<ResourceRecord>${value}</ResourceRecord>`).join("")}</ResourceRecords></ResourceRecordSet>`;
};

// https://docs.aws.amazon.com/Route53/latest/APIReference/API_Operations_Amazon_Route_53.html
conformance(provider, {
  test,
  options: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "planted-secret-access-key-5e7c19a4d2" },
  api: {
    auth: (request, { accessKeyId, secretAccessKey }) =>
      isSigned(request, String(accessKeyId), String(secretAccessKey)),
    errors({ status, message }) {
      const [actual, code] = codes[status] ?? [status, "InvalidInput"];
      const error = `<Error><Type>Sender</Type>${el("Code", code)}${el("Message", message)}</Error>`;
      return document("ErrorResponse", `${error}<RequestId>r-1</RequestId>`, actual);
    },
    routes: {
      "GET /2013-04-01/hostedzonesbyname": ({ query }, dns) => {
        const from = sortKey(query.dnsname ?? "");
        const sorted = [...dns.zones].sort((a, b) => (sortKey(a.name) < sortKey(b.name) ? -1 : 1));
        const found = sorted.filter(({ name }) => sortKey(name) >= from);
        const size = Number(query.maxitems);
        const zones = found.slice(0, size).map((zone) => `<HostedZone>${zoneXml(zone)}</HostedZone>`);
        const next = found[size];
        const rest = next ? el("NextDNSName", `${next.name}.`) + el("NextHostedZoneId", next.id) : "";
        const list = `<HostedZones>${zones.join("")}</HostedZones>${el("DNSName", query.dnsname ?? "")}`;
        return document(
          "ListHostedZonesByNameResponse",
          `${list}${el("IsTruncated", next !== undefined)}${rest}${el("MaxItems", size)}`,
        );
      },
      "GET /2013-04-01/hostedzone/:zone/rrset": ({ params, query }, dns) => {
        const from = `${sortKey(query.name ?? "")} ${query.type}`;
        const found = recordSets(dns, params.zone).filter(({ key }) => key >= from);
        const sets = found.slice(0, Number(query.maxitems)).map(setXml).join("");
        const end = `${el("IsTruncated", found.length > Number(query.maxitems))}${el("MaxItems", query.maxitems ?? "")}`;
        return document("ListResourceRecordSetsResponse", `<ResourceRecordSets>${sets}</ResourceRecordSets>${end}`);
      },
      "POST /2013-04-01/hostedzone/:zone/rrset": ({ params, xml: request }, dns) => {
        const zone = dns.zone(params.zone);
        for (const change of all(request, "Change")) {
          const one = (name: string) => all(change, name)[0]?.text ?? "";
          const [fqdn, type, values] = [
            bare(one("Name")),
            one("Type"),
            all(change, "Value").map(({ text }) => unquoted(text)),
          ];
          if (one("Action") === "UPSERT") zone.replace({ fqdn }, values, Number(one("TTL")), type);
          else {
            const known = zone.list({ fqdn, type });
            const same =
              known.length === values.length &&
              known.every(({ value, ttl }) => values.includes(value) && String(ttl ?? 300) === one("TTL"));
            if (!same) throw new Refusal(409, "The values provided do not match the current values");
            zone.removeAll({ fqdn, type });
          }
        }
        demand(all(request, "Change").length > 0, "No changes", 400);
        return document(
          "ChangeResourceRecordSetsResponse",
          "<ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-11-24T00:00:00Z</SubmittedAt></ChangeInfo>",
        );
      },
    },
  },
});
