import { ProviderError } from "./errors.ts";

/** A parsed element: a text, or its children, attributes (`@name`) and text (`#text`) by name. */
export type XmlValue = string | XmlElement | XmlValue[];
export interface XmlElement {
  [name: string]: XmlValue;
}

const deepest = 64;
const longest = 8 * 1024 * 1024;
const name = "[\\p{L}_][\\p{L}\\p{N}_.-]*(?::[\\p{L}_][\\p{L}\\p{N}_.-]*)?";
const token = new RegExp(
  [
    "(?<comment><!--(?:(?!--)[^])*-->)",
    "<!\\[CDATA\\[(?<cdata>(?:(?!\\]\\]>)[^])*)\\]\\]>",
    "(?<instruction><\\?(?:(?!\\?>)[^])*\\?>)",
    `</(?<close>${name})\\s*>`,
    `<(?<open>${name})(?<attributes>(?:\\s+${name}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(?<empty>/?)>`,
    "(?<text>[^<]+)",
  ].join("|"),
  "uy",
);
const attribute = new RegExp(`(${name})\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, "gu");

/**
 * Reads the XML that APIs answer: elements, attributes, text, CDATA. Prefixes of namespaces are dropped, so `soap:Body`
 * is `Body`. Document types and entities of one's own are refused (there lie the bombs), and so is anything not
 * well-formed. The answer holds the root element under its name.
 *
 * @throws ProviderError `PROVIDER_BAD_ANSWER`.
 */
export function parseXml(text: string): XmlElement {
  if (text.length > longest) throw bad("is longer than 8 MiB");
  const root = new OpenElement("");
  const open: OpenElement[] = [root];
  token.lastIndex = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (token.lastIndex < text.length) {
    const found = token.exec(text)?.groups;
    if (found === undefined) throw bad("is not well-formed, or declares a document type");
    const current = open[open.length - 1] as OpenElement;
    if (found.open !== undefined) {
      const element = new OpenElement(found.open);
      readAttributes(element, found.attributes ?? "");
      if (found.empty === "/") current.append(element.name, element.close());
      else if (open.push(element) > deepest) throw bad("is nested too deep");
    } else if (found.close !== undefined) {
      open.pop();
      const parent = open[open.length - 1];
      if (parent === undefined || current.name !== found.close) throw bad("closes an element that is not open");
      parent.append(current.name, current.close());
    } else current.text += found.cdata ?? decode(found.text ?? "");
  }
  if (open.length !== 1) throw bad("ends before its last element does");
  if (root.text.trim() !== "" || root.size !== 1) throw bad("should hold exactly one element");
  return root.content;
}

class OpenElement {
  readonly name: string;
  readonly content: XmlElement = Object.create(null);
  size = 0;
  text = "";

  constructor(name: string) {
    this.name = name;
  }

  append(name: string, value: XmlValue): void {
    const key = localName(name);
    const before = this.content[key];
    if (before === undefined) this.content[key] = value;
    else if (Array.isArray(before)) before.push(value);
    else this.content[key] = [before, value];
    this.size++;
  }

  /** Text beside child elements is layout unless it holds something. */
  close(): XmlValue {
    if (this.size === 0) return this.text;
    if (this.text.trim() !== "") this.content["#text"] = this.text;
    return this.content;
  }
}

function readAttributes(element: OpenElement, text: string): void {
  for (const [, attributeName = "", double, single] of text.matchAll(attribute)) {
    if (attributeName === "xmlns" || attributeName.startsWith("xmlns:")) continue;
    const key = `@${localName(attributeName)}`;
    if (element.content[key] !== undefined) throw bad("has an attribute twice");
    element.append(key, decode(double ?? single ?? ""));
  }
}

const localName = (qualified: string): string => qualified.slice(qualified.indexOf(":") + 1);

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&([^;&]{0,12};)?/g, (_all, body: string | undefined) => {
    const entity = body?.slice(0, -1) ?? "";
    const code = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(entity);
    if (code === null) {
      if (!Object.hasOwn(entities, entity)) throw bad("uses an entity that XML does not have");
      return entities[entity] as string;
    }
    const point = code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16);
    if (point === 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
      throw bad("holds a character that does not exist");
    return String.fromCodePoint(point);
  });
}

function bad(what: string): ProviderError {
  return new ProviderError("PROVIDER_BAD_ANSWER", `the XML answer ${what}`);
}
