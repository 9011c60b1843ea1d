import { describe, expect, test } from "vitest";
import { parseXml } from "./xml.ts";
import { writeXml } from "./xml-write.ts";

describe("parseXml", () => {
  test("reads elements, lists, attributes, text and CDATA", () => {
    const document = parseXml(`<?xml version="1.0"?>
      <!-- layout --><soap:Api xmlns:soap="urn:x" Status="O&amp;K">
        <host Name='a' TTL="60"/><host Name="b"/>
        <value>a &lt; b &#x41;&#66;</value><raw><![CDATA[<&>]]></raw><empty></empty><none/>
        <mixed a="1">text</mixed>
      </soap:Api>\n`);
    expect(JSON.parse(JSON.stringify(document))).toEqual({
      Api: {
        "@Status": "O&K",
        host: [{ "@Name": "a", "@TTL": "60" }, { "@Name": "b" }],
        value: "a < b AB",
        raw: "<&>",
        empty: "",
        none: "",
        mixed: { "@a": "1", "#text": "text" },
      },
    });
  });

  test("keeps the spaces of a text and survives a name like __proto__", () => {
    const document = parseXml("\ufeff<a><__proto__> x </__proto__></a>");
    // biome-ignore lint/suspicious/noProto: the parsed document has it as an ordinary key
    expect((document.a as Record<string, unknown>).__proto__).toBe(" x ");
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test.each([
    ["a document type", '<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'],
    ["an unknown entity", "<a>&nbsp;</a>"],
    ["an inherited name as entity", "<a>&constructor;</a>"],
    ["a bare ampersand", "<a>a & b</a>"],
    ["an impossible character", "<a>&#xD800;</a>"],
    ["a truncated document", "<a><b>text"],
    ["a truncated tag", "<a><b"],
    ["crossed elements", "<a><b></a></b>"],
    ["an extra close", "<a/></a>"],
    ["two roots", "<a/><b/>"],
    ["no root", "  "],
    ["text outside", "<a/>x"],
    ["an attribute twice", '<a b="1" b="2"/>'],
    ["HTML", "<!doctype html><html><br></html>"],
    ["depth", `${"<a>".repeat(70)}${"</a>".repeat(70)}`],
  ])("refuses %s", (_name, text) => {
    expect(() => parseXml(text)).toThrow(expect.objectContaining({ code: "PROVIDER_BAD_ANSWER" }));
  });

  test("a long run of almost-tokens ends quickly", () => {
    for (const part of ["<a ", "<!--", "<![CDATA[", "<?x ", "<a b='", "&#1"]) {
      expect(() => parseXml(part.repeat(50_000))).toThrow(expect.objectContaining({ code: "PROVIDER_BAD_ANSWER" }));
    }
  });
});

describe("writeXml", () => {
  test("gives back what parseXml reads", () => {
    const document = {
      packet: {
        "@version": "1.6",
        add: [
          { host: 'a"<&>', ttl: "60" },
          { host: "", ttl: "1" },
        ],
        note: { "@a": "x", "#text": "y" },
      },
    };
    expect(JSON.parse(JSON.stringify(parseXml(writeXml(document))))).toEqual(document);
  });

  test("leaves out what is not there", () => {
    expect(writeXml({ a: { b: undefined, c: null, d: {}, e: 1, f: true } })).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><a><d/><e>1</e><f>true</f></a>',
    );
  });

  test.each([{ "a b": "x" }, { "a><b": "x" }, { a: { '@x="': 1 } }, { a: "\u0000" }])("refuses %j", (document) => {
    expect(() => writeXml(document)).toThrow(expect.objectContaining({ code: "PROVIDER_INVALID" }));
  });
});
