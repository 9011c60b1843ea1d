import { conformance, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

conformance(provider, {
  test,
  ask(message, dns) {
    const [, verb, zoneName] = message.match(/^(Add|Remove) (?:to|from) the zone ([\w.-]+),/) ?? [];
    const zone = dns.zone(zoneName);
    for (const [, fqdn = "", text] of message.matchAll(/^ {2}(\S+)\. \d+ IN TXT (".*")$/gm)) {
      const value = unquoted(text);
      if (verb === "Remove") zone.removeAll({ fqdn, type: "TXT", value });
      else if (!zone.values(fqdn).includes(value)) zone.add({ fqdn, value });
    }
  },
});
