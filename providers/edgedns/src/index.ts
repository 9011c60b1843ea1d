import { defineProvider, path, quote, type TxtRecordSet, unquote } from "@certwright/provider";
import { signEdgeGrid } from "./edge-grid.ts";
import { readEdgerc } from "./edgerc.ts";

const pageSize = 100;

export default defineProvider({
  id: "edgedns",
  name: "Akamai Edge DNS",
  aliases: ["fastdns"],
  website: "https://www.akamai.com/products/edge-dns",
  docs: "https://techdocs.akamai.com/edge-dns/reference/api",
  hosts: ["*.akamaiapis.net"],
  options: {
    host: {
      description: "Host of the API client, without https://",
      env: ["AKAMAI_HOST"],
      optional: true,
      example: "akab-0123456789abcdef.luna.akamaiapis.net",
    },
    clientToken: { description: "Client token", env: ["AKAMAI_CLIENT_TOKEN"], secret: true, optional: true },
    clientSecret: { description: "Client secret", env: ["AKAMAI_CLIENT_SECRET"], secret: true, optional: true },
    accessToken: { description: "Access token", env: ["AKAMAI_ACCESS_TOKEN"], secret: true, optional: true },
    edgerc: { description: "Path of an .edgerc file", env: ["AKAMAI_EDGERC"], type: "path", optional: true },
    section: { description: "Section of that file", env: ["AKAMAI_EDGERC_SECTION"], default: "default" },
    accountSwitchKey: {
      description: "Key of another account to act for",
      env: ["AKAMAI_ACCOUNT_SWITCH_KEY"],
      secret: true,
      optional: true,
    },
    endpoint: {
      description: "Base URL of the API, instead of the host's",
      env: ["CERTWRIGHT_DNS_EDGEDNS_ENDPOINT"],
      type: "url",
      optional: true,
    },
  },
  oneOf: [["host", "clientToken", "clientSecret", "accessToken"], ["edgerc"]],
  traits: { granularity: "recordSet", concurrency: "name", minTtl: 30, propagation: 180 },
  permissions: "An API client with read and write access to DNS—Zone Record Management, for the zone's group only.",
  tested: { by: "contract", against: "https://techdocs.akamai.com/edge-dns/reference/api", on: "2026-11-24" },
  async create(options, { http, now, readFile }) {
    const { host = "", clientToken = "", clientSecret = "", accessToken = "", edgerc, section } = options;
    const key =
      clientSecret === "" && edgerc !== undefined
        ? readEdgerc(await readFile(edgerc), section)
        : { host, clientToken, clientSecret, accessToken };
    const api = http({
      baseUrl: options.endpoint === "" ? `https://${key.host}` : options.endpoint,
      query: { accountSwitchKey: options.accountSwitchKey },
      mask: [key.clientToken, key.clientSecret, key.accessToken],
      sign: (request) => signEdgeGrid(request, key, now()),
    });
    const zonesPath = "/config-dns/v2/zones";
    const setPath = ({ zone, fqdn }: TxtRecordSet) => zonesPath + path`/${zone.name}/names/${fqdn}/types/TXT`;
    return {
      async *zones(candidates) {
        const pages = api.pages(zonesPath, {
          query: { search: candidates.at(-2) ?? candidates.at(-1), types: "PRIMARY", page: 1, pageSize },
          items: (reply) => reply.list("zones"),
          next: ({ reply, page }) =>
            page * pageSize < reply.number("metadata", "totalElements") ? { page: page + 1 } : undefined,
        });
        for await (const zone of pages) yield zone.text("zone");
      },
      async get(set) {
        const found = await api.get(setPath(set), { absent: { rdata: [] } });
        return found.list("rdata").map((text) => unquote(text.text()));
      },
      async set(set, values) {
        if (values.length === 0) {
          await api.delete(setPath(set), { absent: null });
          return;
        }
        const body = { name: set.fqdn, type: "TXT", ttl: set.ttl, rdata: values.map(quote) };
        const { status } = await api.request("GET", setPath(set), { absent: null });
        if (status === 404) await api.post(setPath(set), body, { repeat: false });
        else await api.put(setPath(set), body);
      },
    };
  },
});
