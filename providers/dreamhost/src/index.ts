import { defineProvider, type Refusal, type Reply, type TxtRecord } from "@certwright/provider";

/** What the API's words mean; every answer is a 200. */
const kinds = [
  [/^slow_down/, "rateLimited"],
  [/_key$/, "auth"],
  [/^no_such_zone/, "zoneNotFound"],
  [/^CNAME_/, "conflict"],
  [/^internal_error/, "unavailable"],
] as const;

/** There already, or gone already: what was wanted. */
const done = /^(record_already_exists|no_such_(record|type|value))/;

function check(reply: Reply): Refusal | undefined {
  const words = reply.textOrNone("result") === "error" ? reply.text("data") : "";
  if (words === "" || done.test(words)) return undefined;
  return {
    kind: kinds.find(([form]) => form.test(words))?.[1] ?? "invalid",
    message: words,
    hint: "The key must be allowed the three dns- commands.",
  };
}

export default defineProvider({
  id: "dreamhost",
  name: "DreamHost",
  website: "https://www.dreamhost.com",
  docs: "https://help.dreamhost.com/hc/en-us/articles/217555707-DNS-API-commands",
  endpoint: "https://api.dreamhost.com",
  options: { apiKey: { description: "API key", env: ["DREAMHOST_API_KEY", "DH_API_KEY"], secret: true } },
  // Records have no lifetime of their own.
  traits: { granularity: "record", concurrency: "zone", propagation: 3600 },
  permissions: "A key with access to dns-list_records, dns-add_record and dns-remove_record.",
  tested: {
    by: "contract",
    against: "https://help.dreamhost.com/hc/en-us/articles/217555707-DNS-API-commands",
    on: "2026-11-24",
  },
  create({ apiKey }, { http }) {
    // A form keeps the key out of the address.
    const api = http({ send: "form", check });
    const call = async (cmd: string, values: object = {}) => {
      const reply = await api.post("", { key: apiKey, format: "json", cmd, ...values });
      reply.text("result");
      return reply;
    };
    const change = async (cmd: string, { fqdn, value }: TxtRecord) =>
      void (await call(cmd, { record: fqdn, type: "TXT", value }));
    return {
      // There is no list of zones, but every record names its own, and a zone has name servers at least.
      async zones() {
        const records = (await call("dns-list_records")).list("data");
        return new Set(records.map((record) => record.text("zone")));
      },
      add: (record) => change("dns-add_record", record),
      remove: (record) => change("dns-remove_record", record),
    };
  },
});
