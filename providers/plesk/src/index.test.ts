import { answer, conformance, demand, escapeXml, type FakeDns, findXml, Refusal, xml } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const codes: Readonly<Record<number, number>> = { 401: 1001, 403: 1006, 404: 1013, 409: 1007 };
const packet = (operator: string, operation: string, results: readonly string[]) => {
  const content = results.map((result) => `<result>${result}</result>`).join("");
  const body = `<${operator}><${operation}>${content}</${operation}></${operator}>`;
  return xml(`<?xml version="1.0"?><packet version="1.6.9.1">${body}</packet>`);
};

type Text = (name: string) => string;

const operations: Readonly<Record<string, (text: Text, dns: FakeDns) => readonly string[]>> = {
  get: (text, dns) => {
    const { id, name } = dns.zone(text("name"));
    return [`<status>ok</status><filter-id>${name}</filter-id><id>${id}</id><data><gen_info/></data>`];
  },
  get_rec: (text, dns) =>
    dns.zone(text("site-id")).records.map(({ id, fqdn, type, value }) => {
      const data = `<type>${type}</type><host>${fqdn}.</host><value>${escapeXml(value)}</value><opt/>`;
      return `<status>ok</status><id>${id}</id><data><site-id>${text("site-id")}</site-id>${data}</data>`;
    }),
  add_rec: (text, dns) => {
    demand(text("type") === "TXT", "Invalid type");
    const { id } = dns.zone(text("site-id")).add({ name: text("host"), value: text("value") });
    return [`<status>ok</status><id>${id}</id>`];
  },
  del_rec: (text, dns) => {
    dns.zoneOf(text("id")).remove(text("id"));
    return [`<status>ok</status><id>${text("id")}</id>`];
  },
};

const error = ({ status, message }: Pick<Refusal, "status" | "message">) =>
  `<status>error</status><errcode>${codes[status] ?? 1019}</errcode><errtext>${escapeXml(message)}</errtext>`;

// https://docs.plesk.com/en-US/obsidian/api-rpc/about-xml-api/reference/managing-dns.34756/
conformance(provider, {
  test,
  api: {
    auth: ({ headers }, { username, password }) =>
      headers.http_auth_login === username && headers.http_auth_passwd === password,
    errors: (refusal) => {
      if (refusal.status === 429) return answer(429);
      return xml(`<?xml version="1.0"?><packet version="1.6.9.1"><system>${error(refusal)}</system></packet>`);
    },
    routes: {
      "POST /enterprise/control/agent.php": ({ xml: request }, dns) => {
        const operator = request.children[0];
        const operation = operator?.children[0];
        const run = operations[operation?.name ?? ""];
        demand(operator && operation && run && request.name === "packet", "Unknown operation", 400);
        try {
          const results = run((name) => findXml(operation, name)?.text ?? "", dns);
          return packet(operator.name, operation.name, results);
        } catch (thrown) {
          if (!(thrown instanceof Refusal)) throw thrown;
          return packet(operator.name, operation.name, [error(thrown)]);
        }
      },
    },
  },
});
