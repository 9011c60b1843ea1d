import { answer, conformance, demand, text } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

// https://www.duckdns.org/spec.jsp, "TXT Record API"
conformance(provider, {
  test,
  api: {
    auth: ({ query }, { token }) => query.token === token,
    errors: ({ status, message }) => (status === 409 || status === 429 ? answer(status, { message }) : text("KO")),
    routes: {
      "GET /update": ({ query: { domains, txt, clear } }, dns) => {
        // Without `txt` it is the addresses that change.
        demand(txt !== undefined, "addresses would change");
        const zone = dns.zone(domains);
        zone.replace({ name: "*" }, clear === "true" ? [] : [txt]);
        return text("OK");
      },
    },
  },
});
