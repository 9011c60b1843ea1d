import type { Declaration } from "../command.ts";
import { lookupFlags, propagationFlags, providerFlags } from "./dns-flags.ts";

export const explainFlags = { ...providerFlags, ...lookupFlags, dnsNameservers: propagationFlags.dnsNameservers };

export const explainDeclaration: Declaration<typeof explainFlags> = {
  name: "explain",
  group: "DNS",
  summary: "say where the record for a name is written and why: aliases, zone, name servers, what each answers",
  args: [{ usage: "<name>", description: "domain, or whole name of the record" }],
  flags: explainFlags,
  examples: [
    ["certwright dns explain www.example.com", "what the DNS says"],
    ["certwright dns explain www.example.com --dns cloudflare", "and which zone of the account would be written to"],
  ],
  load: () => import("../commands/dns-explain.ts"),
};
