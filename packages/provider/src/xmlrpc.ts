import { ProviderError } from "./errors.ts";
import type { HttpClient } from "./http.ts";
import { printable } from "./mask.ts";
import { type Reply, reply } from "./reply.ts";
import type { XmlElement, XmlValue } from "./xml.ts";
import { writeXml, type XmlInput } from "./xml-write.ts";

/** A value XML-RPC can carry: whole numbers become `int`, others `double`. */
export type RpcValue =
  | string
  | number
  | boolean
  | null
  | readonly RpcValue[]
  | { readonly [name: string]: RpcValue | undefined };

/** Calls a method of an XML-RPC API; the answer is its one value. */
export type RpcCall = (method: string, ...params: readonly RpcValue[]) => Promise<Reply>;

/** How calls are made. */
export interface XmlRpcOptions {
  /** Path under the client's base URL. Default: none. */
  readonly path?: string;
  /** Turns a fault into an error; one it answers nothing for is a `PROVIDER_FAILED` with the API's words. */
  readonly fault?: (code: string, text: string) => Error | undefined;
  /** See `CallOptions.repeat`. Default: true. */
  readonly repeat?: boolean;
}

/** Makes an XML-RPC caller (xmlrpc.com/spec.md) of an HTTP client. */
export function xmlRpc(client: HttpClient, { path = "", fault, repeat = true }: XmlRpcOptions = {}): RpcCall {
  return async (method, ...params) => {
    const headers = { "content-type": "text/xml; charset=utf-8" };
    const answer = await client.post(path, encodeCall(method, params), { send: "xml", read: "xml", headers, repeat });
    const decoded = decodeAnswer(answer);
    if ("value" in decoded) return reply(decoded.value, { request: method });
    throw (
      fault?.(decoded.code, decoded.text) ??
      new ProviderError("PROVIDER_FAILED", `${method} failed with fault ${decoded.code}: ${decoded.text}`)
    );
  };
}

/** The document of a call. @throws ProviderError `PROVIDER_INVALID` for numbers it cannot carry. */
export function encodeCall(method: string, params: readonly RpcValue[]): string {
  return writeXml({
    methodCall: { methodName: method, params: { param: params.map((param) => ({ value: encodeValue(param) })) } },
  });
}

function encodeValue(value: RpcValue): XmlInput {
  if (value === null) return { nil: "" };
  if (typeof value === "string") return { string: value };
  if (typeof value === "boolean") return { boolean: value ? "1" : "0" };
  if (typeof value === "number") return encodeNumber(value);
  if (isList(value)) return { array: { data: { value: value.map(encodeValue) } } };
  const member = Object.entries(value).flatMap(([name, item]) =>
    item === undefined ? [] : [{ name, value: encodeValue(item) }],
  );
  return { struct: { member } };
}

const isList = (value: RpcValue): value is readonly RpcValue[] => Array.isArray(value);

function encodeNumber(value: number): XmlInput {
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) > 0x7fffffff))
    throw new ProviderError("PROVIDER_INVALID", `XML-RPC cannot carry the number ${value}; send it as a text`);
  return Number.isInteger(value) ? { int: value } : { double: value };
}

type Decoded = { readonly value: unknown } | { readonly code: string; readonly text: string };

/** Reads the document of an answer: its value, or its fault. @throws ProviderError `PROVIDER_BAD_ANSWER`. */
export function decodeAnswer(answer: Reply): Decoded {
  const response = answer.at("methodResponse");
  const fault = response.maybe("fault");
  if (fault === undefined) return { value: decodeValue(response.at("params", "param", "value").value as XmlValue) };
  const { faultCode, faultString } = decodeValue(fault.at("value").value as XmlValue) as {
    faultCode?: unknown;
    faultString?: unknown;
  };
  return {
    code: String(faultCode ?? "without a code"),
    text: printable(typeof faultString === "string" ? faultString : ""),
  };
}

function decodeValue(value: XmlValue, depth = 0): unknown {
  if (typeof value === "string") return value;
  const [type, content, ...more] = Array.isArray(value) ? [] : Object.entries(value).flat();
  if (typeof type !== "string" || content === undefined || more.length > 0 || depth > 32)
    throw bad("a value without a type");
  return decodeTyped(type, content as XmlValue, depth);
}

function decodeTyped(type: string, content: XmlValue, depth: number): unknown {
  if (type === "struct")
    return Object.fromEntries(items(content, "member").map((member) => decodeMember(member, depth)));
  if (type === "array")
    return items((content as XmlElement).data ?? "", "value").map((item) => decodeValue(item, depth + 1));
  if (typeof content !== "string") throw bad(`a value of type ${type} that is no text`);
  const text = content.trim();
  switch (type) {
    case "string":
      return content;
    case "dateTime.iso8601":
      return text;
    case "base64":
      return Buffer.from(text, "base64").toString("utf8");
    case "nil":
      return null;
    case "boolean":
      if (text === "1" || text === "0") return text === "1";
      throw bad("a boolean that is neither 0 nor 1");
    case "int":
    case "i4":
    case "i8":
      if (!/^[+-]?\d+$/.test(text)) throw bad("an int that is no whole number");
      // Beyond 2^53 it stays a text, as in JSON answers.
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case "double":
      if (!/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) throw bad("a double that is no number");
      return Number(text);
    default:
      throw bad("a value of an unknown type");
  }
}

function decodeMember(member: XmlValue, depth: number): readonly [string, unknown] {
  const { name, value } = (typeof member === "object" ? member : {}) as XmlElement;
  if (typeof name !== "string" || value === undefined) throw bad("a struct's member without name or value");
  return [name, decodeValue(value, depth + 1)];
}

/** The children of one name: one, several, or none in an element that is empty. */
function items(content: XmlValue, name: string): readonly XmlValue[] {
  if (typeof content === "string" && content.trim() === "") return [];
  const found = typeof content === "object" && !Array.isArray(content) ? content[name] : undefined;
  if (found === undefined) throw bad(`an element without its ${name}`);
  return Array.isArray(found) ? found : [found];
}

function bad(what: string): ProviderError {
  return new ProviderError("PROVIDER_BAD_ANSWER", `the XML-RPC answer holds ${what}`);
}
