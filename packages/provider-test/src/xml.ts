import { demand } from "./refusal.ts";

/** One element of a request's XML, namespaces' prefixes cut off. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The text directly inside, entities resolved, trimmed. */
  readonly text: string;
}

const entities: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** Text for an XML answer. */
export function escapeXml(text: string | number): string {
  return String(text).replace(
    /[<>&"]/g,
    (sign) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" })[sign] ?? sign,
  );
}

function unescapeXml(text: string): string {
  return text.replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return entities[name] ?? whole;
    return String.fromCodePoint(name[1] === "x" ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)));
  });
}

interface Open {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

const token =
  /<\?.*?\?>|<!--.*?-->|<!\[CDATA\[(.*?)\]\]>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/gsy;

/** Reads well-formed XML without a DTD. @throws Refusal 400 for anything else. */
export function parseXml(source: string): XmlElement {
  const root: Open = { name: "", attributes: {}, children: [], text: "" };
  const stack: Open[] = [root];
  let end = 0;
  for (const [whole, cdata, closing, name, attributes = "", empty, text] of source.matchAll(token)) {
    end += whole.length;
    const open = stack.at(-1) ?? root;
    if (text !== undefined) open.text += unescapeXml(text);
    else if (cdata !== undefined) open.text += cdata;
    else if (name === undefined) continue;
    else if (closing === "/") {
      demand(open.name === local(name) && stack.length > 1, `</${name}> closes nothing`, 400);
      stack.pop();
      stack.at(-1)?.children.push({ ...open, text: open.text.trim() });
    } else {
      const element: Open = { name: local(name), attributes: attributesOf(attributes), children: [], text: "" };
      if (empty === "/") open.children.push(element);
      else stack.push(element);
    }
  }
  const [document, ...more] = root.children;
  demand(
    end === source.length && stack.length === 1 && document && more.length === 0,
    "the body is not well-formed XML",
    400,
  );
  return document;
}

const local = (name: string) => name.slice(name.indexOf(":") + 1);

function attributesOf(source: string): Record<string, string> {
  const pairs = [...source.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)];
  return Object.fromEntries(pairs.map(([, name = "", one, other]) => [local(name), unescapeXml(one ?? other ?? "")]));
}

/** The first element with this name at any depth, or undefined. */
export function findXml(element: XmlElement, name: string): XmlElement | undefined {
  if (element.name === name) return element;
  for (const child of element.children) {
    const found = findXml(child, name);
    if (found) return found;
  }
  return undefined;
}
