import {
  defineProvider,
  hmac,
  type OutgoingRequest,
  ProviderError,
  path,
  quote,
  type Reply,
  recordsById,
  sameName,
  type TxtRecord,
} from "@certwright/provider";

/** Seconds a signature is good for. */
const validity = 600;

export default defineProvider({
  id: "exoscale",
  name: "Exoscale",
  website: "https://www.exoscale.com",
  docs: "https://openapi-v2.exoscale.com/",
  endpoint: "https://api-ch-gva-2.exoscale.com/v2",
  endpointEnv: ["EXOSCALE_ENDPOINT"],
  options: {
    apiKey: { description: "API key", env: ["EXOSCALE_API_KEY"], secret: true },
    apiSecret: {
      description: "Secret of the API key",
      env: ["EXOSCALE_API_SECRET", "EXOSCALE_SECRET_KEY"],
      secret: true,
    },
  },
  traits: { granularity: "record", concurrency: "zone", minTtl: 60 },
  permissions:
    "A key of an IAM role that may list-dns-domains, list-dns-domain-records, create- and delete-dns-domain-record, and get-operation.",
  tested: {
    by: "contract",
    against: "what the vendor's own client sends and reads, not its page: https://openapi-v2.exoscale.com/",
    on: "2026-11-24",
  },
  create({ apiKey, apiSecret }, { http, now, sleep }) {
    /** https://openapi-v2.exoscale.com/#topic-api-request-signature: no request of ours has a query or signed headers. */
    const sign = (request: OutgoingRequest): OutgoingRequest => {
      const { method, url, headers, body = "" } = request;
      const expires = Math.floor(now() / 1000) + validity;
      const message = [`${method} ${url.pathname}`, body, "", "", expires].join("\n");
      const signature = hmac("sha256", apiSecret, message).toString("base64");
      const authorization = `EXO2-HMAC-SHA256 credential=${apiKey},expires=${expires},signature=${signature}`;
      return { ...request, headers: { ...headers, authorization } };
    };
    const api = http({ sign });
    const recordsOf = ({ zone }: TxtRecord) => path`/dns-domain/${zone.id}/record`;

    /** Changes are operations; answers the one that has ended well. */
    async function ended(operation: Reply): Promise<Reply> {
      let current = operation;
      for (let look = 0; current.text("state") === "pending" && look < 60; look++) {
        await sleep(1000);
        current = await api.get(path`/operation/${operation.id("id")}`);
      }
      const state = current.text("state");
      if (state === "success") return current;
      const words = current.textOrNone("message") ?? current.textOrNone("reason") ?? "no reason given";
      throw new ProviderError(
        state === "pending" ? "PROVIDER_TIMEOUT" : "PROVIDER_FAILED",
        `Exoscale's operation is ${state}: ${words}`,
        { uncertain: true, hint: "Look at the zone in Exoscale's portal, then run again." },
      );
    }

    return {
      async zones() {
        const domains = (await api.get("/dns-domain")).list("dns-domains");
        return domains.map((domain) => ({ name: domain.text("unicode-name"), id: domain.id("id") }));
      },
      ...recordsById({
        list: async (record) => (await api.get(recordsOf(record))).list("dns-domain-records"),
        // Contents come back as they were sent, or in quotes.
        is: (found, { name, value }) =>
          found.text("type") === "TXT" &&
          sameName(found.text("name"), name) &&
          [value, quote(value)].includes(found.text("content")),
        id: (found) => found.id("id"),
        async create(record) {
          const { name, value: content, ttl } = record;
          const body = { name: name === "@" ? "" : name, type: "TXT", content, ttl };
          const operation = await ended(await api.post(recordsOf(record), body, { repeat: false }));
          return operation.maybe("reference", "id")?.id();
        },
        async delete(record, id) {
          const operation = await api.delete(recordsOf(record) + path`/${id}`, { absent: { state: "success" } });
          await ended(operation);
        },
      }),
    };
  },
});
