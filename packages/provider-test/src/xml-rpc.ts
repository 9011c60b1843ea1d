import { xml } from "./answer.ts";
import type { FakeDns } from "./fake-dns.ts";
import { demand, Refusal } from "./refusal.ts";
import type { Route } from "./routes.ts";
import { escapeXml, findXml, type XmlElement } from "./xml.ts";

/** What an XML-RPC method gets and answers: strings, numbers, booleans, lists and objects of them. */
// biome-ignore lint/suspicious/noExplicitAny: a test's methods read parameters of every form; types would be noise there.
export type XmlRpcMethod = (params: readonly any[], dns: FakeDns) => unknown;

/**
 * A route for an XML-RPC API: one path, the method named in the body (http://xmlrpc.com/spec.md). A refusal becomes a
 * fault with its status as the code, where `errors` of the API does not say otherwise.
 */
export function xmlRpc(methods: Readonly<Record<string, XmlRpcMethod>>): Route {
  return (request, dns) => {
    const name = findXml(request.xml, "methodName")?.text ?? "";
    const method = methods[name];
    if (method === undefined) throw new Error(`the fake API has no method ${name}`);
    const params = findXml(request.xml, "params")?.children ?? [];
    return xmlRpcAnswer(
      method(
        params.map((param) => decoded(only(param))),
        dns,
      ),
    );
  };
}

/** An XML-RPC response with one value. */
export function xmlRpcAnswer(value: unknown) {
  return xml(`<?xml version="1.0"?><methodResponse><params><param>${encoded(value)}</param></params></methodResponse>`);
}

/** An XML-RPC fault, for `errors` of the API. */
export function xmlRpcFault({ status, message }: Pick<Refusal, "status" | "message">) {
  const fault = encoded({ faultCode: status, faultString: message });
  return xml(`<?xml version="1.0"?><methodResponse><fault>${fault}</fault></methodResponse>`);
}

function only({ name, children }: XmlElement): XmlElement {
  const [child, ...more] = children;
  demand(child !== undefined && more.length === 0, `<${name}> must hold one element`, 400);
  return child;
}

function decoded(value: XmlElement): unknown {
  demand(value.name === "value", `<${value.name}> stands where a <value> must`, 400);
  if (value.children.length === 0) return value.text;
  const typed = only(value);
  switch (typed.name) {
    case "string":
      return typed.text;
    case "int":
    case "i4":
    case "double":
      return Number(typed.text);
    case "boolean":
      return typed.text === "1";
    case "array":
      return only(typed).children.map(decoded);
    case "struct":
      return Object.fromEntries(
        typed.children.map(({ children: [name, inner] }) => [name?.text, inner && decoded(inner)]),
      );
    default:
      throw new Refusal(400, `<${typed.name}> is no XML-RPC type`);
  }
}

function encoded(value: unknown): string {
  if (typeof value === "number") return `<value><int>${value}</int></value>`;
  if (typeof value === "boolean") return `<value><boolean>${value ? 1 : 0}</boolean></value>`;
  if (Array.isArray(value)) return `<value><array><data>${value.map(encoded).join("")}</data></array></value>`;
  if (typeof value !== "object" || value === null)
    return `<value><string>${escapeXml(String(value ?? ""))}</string></value>`;
  const members = Object.entries(value).map(
    ([name, inner]) => `<member><name>${escapeXml(name)}</name>${encoded(inner)}</member>`,
  );
  return `<value><struct>${members.join("")}</struct></value>`;
}
