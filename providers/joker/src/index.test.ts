import { answer, conformance, demand, type FakeZone, open, text } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const codes: Readonly<Record<number, number>> = { 401: 2200, 403: 2201, 404: 2303, 409: 2302, 429: 2502 };
const reply = (status: number, words: string, more = "", lines: readonly string[] = []) =>
  text(`${more}Version: 1.2.47\nStatus-Code: ${status}\nStatus-Text: ${words}\n\n${lines.join("\n")}`);
const ok = (lines: readonly string[] = []) => reply(0, "Command completed successfully", "", lines);

/** Lines of a zone: label, type, priority, target, lifetime. */
const written = ({ records }: FakeZone) =>
  records.map(({ name, type, value, ttl }) => {
    const [, priority = "0", target = value] = type === "MX" ? (/^(\d+) (.*)$/.exec(value) ?? []) : [];
    return `${name} ${type} ${priority} ${type === "TXT" && / /.test(value) ? `"${value}"` : target} ${ttl}`;
  });

function parsed(line: string) {
  const [, name, type, priority, quoted, bare, ttl] = /^(\S+) (\S+) (\d+) (?:"([^"]*)"|(\S+)) (\d+)$/.exec(line) ?? [];
  demand(name && type && ttl, `invalid zone line ${line}`);
  return { name, type, value: quoted ?? (type === "MX" ? `${priority} ${bare}` : (bare ?? "")), ttl };
}

// https://joker.com/faq/books/reseller-documentation-en/page/modify-zonedata
conformance(provider, {
  test,
  api: {
    auth: ({ form }) => form["auth-sid"] === "session-of-joker",
    errors: ({ status, message }) => (status === 429 ? answer(429) : reply(codes[status] ?? 2005, message)),
    routes: {
      "POST /login": open(({ form }) => {
        demand(form["api-key"] === "planted-apiKey-5e7c19a4d2", "Authentication error", 401);
        return reply(0, "ok", "Auth-Sid: session-of-joker\nUID: 1\n", ["com", "net"]);
      }),
      "POST /dns-zone-list": (_request, dns) => ok(dns.zones.map(({ name }) => `${name} 2027-01-01`)),
      "POST /dns-zone-get": ({ form }, dns) => ok(written(dns.zone(form.domain))),
      "POST /dns-zone-put": ({ form }, dns) => {
        dns.zone(form.domain).replaceZone((form.zone ?? "").split("\n").filter(Boolean).map(parsed));
        return ok();
      },
    },
  },
});
