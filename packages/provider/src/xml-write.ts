import { ProviderError } from "./errors.ts";

/** What {@link writeXml} takes: the form `parseXml` answers, with numbers, booleans and things left out. */
export type XmlInput =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly XmlInput[]
  | { readonly [name: string]: XmlInput };

const nameForm = /^[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those XML 1.0 cannot carry
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/**
 * Writes a document: keys are elements, lists are repeated elements, `@name` attributes, `#text` the text beside them;
 * null and undefined are left out. Prefixes are written as they are.
 */
export function writeXml(document: { readonly [name: string]: XmlInput }): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${children(document)}`;
}

function children(element: { readonly [name: string]: XmlInput }): string {
  return Object.entries(element)
    .map(([key, value]) => {
      if (key.startsWith("@") || value === null || value === undefined) return "";
      if (key === "#text") return escapeXml(String(value));
      if (Array.isArray(value)) return value.map((item) => one(key, item)).join("");
      return one(key, value);
    })
    .join("");
}

function one(key: string, value: XmlInput): string {
  const name = checkedName(key);
  if (value === null || value === undefined) return `<${name}/>`;
  const isElement = typeof value === "object";
  const inner = isElement ? children(value as { readonly [name: string]: XmlInput }) : escapeXml(String(value));
  const open = `${name}${isElement ? attributes(value as { readonly [name: string]: XmlInput }) : ""}`;
  return inner === "" ? `<${open}/>` : `<${open}>${inner}</${name}>`;
}

function attributes(element: { readonly [name: string]: XmlInput }): string {
  return Object.entries(element)
    .filter(([key, value]) => key.startsWith("@") && value !== null && value !== undefined)
    .map(([key, value]) => ` ${checkedName(key.slice(1))}="${escapeXml(String(value))}"`)
    .join("");
}

function checkedName(name: string): string {
  if (!nameForm.test(name))
    throw new ProviderError("PROVIDER_INVALID", `${JSON.stringify(name)} cannot be the name of an XML element`);
  return name;
}

/** Text as it stands in an element or an attribute. */
export function escapeXml(text: string): string {
  if (forbidden.test(text))
    throw new ProviderError("PROVIDER_INVALID", "a text holds a control character that XML cannot carry");
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\r", "&#13;");
}
