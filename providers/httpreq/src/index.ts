import { defineProvider, ProviderError, type TxtRecord } from "@certwright/provider";

export default defineProvider({
  id: "httpreq",
  name: "HTTP request",
  website: "https://go-acme.github.io/lego/dns/httpreq/",
  docs: "https://go-acme.github.io/lego/dns/httpreq/",
  options: {
    endpoint: {
      description: "Address of the service; /present and /cleanup are appended",
      env: ["HTTPREQ_ENDPOINT"],
      type: "url",
      example: "https://dns.internal.example/acme",
    },
    username: { description: "User for Basic authentication", env: ["HTTPREQ_USERNAME"], optional: true },
    password: {
      description: "Password for Basic authentication",
      env: ["HTTPREQ_PASSWORD"],
      secret: true,
      optional: true,
    },
    mode: {
      description: "Body form: left out for fqdn and value; RAW is not possible",
      env: ["HTTPREQ_MODE"],
      optional: true,
    },
  },
  traits: { granularity: "record", minTtl: 1 },
  permissions: "Whatever the service asks for, and it decides which names it changes.",
  tested: { by: "server", against: "an HTTP service of its own on loopback", on: "2026-11-24" },
  create({ username, password, mode }, { http }) {
    if (mode?.toUpperCase() === "RAW")
      throw new ProviderError(
        "PROVIDER_UNSUPPORTED",
        "httpreq cannot send RAW bodies: a provider never sees ACME tokens",
        {
          hint: "Unset HTTPREQ_MODE and let the service take fqdn and value.",
        },
      );
    const api = http({
      ...(username === undefined ? {} : { basic: { user: username, password: password ?? "" } }),
      // The answer's body is the service's own business, but a web page is somebody else's answer.
      read: "text",
      check(reply) {
        if (/^\s*<(!doctype|html)/i.test(reply.text()))
          return new ProviderError("PROVIDER_BAD_ANSWER", "a web page answered instead of the service", {
            hint: "Check HTTPREQ_ENDPOINT, and whether a proxy or a log-in page stands in front of it.",
          });
        return undefined;
      },
    });
    const body = ({ fqdn, value }: TxtRecord) => ({ fqdn: `${fqdn}.`, value });
    return {
      add: async (record) => void (await api.post("/present", body(record))),
      remove: async (record) => void (await api.post("/cleanup", body(record))),
    };
  },
});
