import { expect, test } from "vitest";
import { FakeDns } from "./fake-dns.ts";
import type { ApiRequest } from "./request.ts";
import { escapeXml, findXml, parseXml } from "./xml.ts";
import { xmlRpc } from "./xml-rpc.ts";

test("reads elements, attributes, entities, CDATA, comments and prefixes", () => {
  const source = `<?xml version="1.0"?><!-- x --><s:a b="1 &amp; 2"><c>&lt;&#65;&#x42;</c><c><![CDATA[<raw>]]></c><d/></s:a>`;
  const { name, attributes, children } = parseXml(source);
  expect({ name, attributes }).toEqual({ name: "a", attributes: { b: "1 & 2" } });
  expect(children.map((child) => [child.name, child.text])).toEqual([
    ["c", "<AB"],
    ["c", "<raw>"],
    ["d", ""],
  ]);
});

test.each(["", "text", "<a>", "<a></b>", "<a/><b/>", "<a", "<!DOCTYPE a><a/>"])("refuses %j", (source) => {
  expect(() => parseXml(source)).toThrow(expect.objectContaining({ status: 400 }));
});

test("an XML-RPC call reads every type and answers every type", () => {
  const route = xmlRpc({ echo: (params) => ({ params, ok: true, text: `<${params.length}>` }) });
  const value = "<value><struct><member><name>n</name><value><i4>7</i4></value></member></struct></value>";
  const list = "<value><array><data><value>bare</value><value><boolean>1</boolean></value></data></array></value>";
  const text = `<methodCall><methodName>echo</methodName><params><param>${value}</param><param>${list}</param></params></methodCall>`;
  const answer = route({ xml: parseXml(text) } as ApiRequest, new FakeDns()) as { body: string };
  const read = parseXml(answer.body);
  expect(findXml(read, "struct")?.children.map(({ children: [name] }) => name?.text)).toEqual(["params", "ok", "text"]);
  expect(answer.body).toContain("<name>n</name><value><int>7</int></value>");
  expect(answer.body).toContain("<value><string>bare</string></value><value><boolean>1</boolean></value>");
  expect(answer.body).toContain(escapeXml("<2>"));
});

test("an XML-RPC route refuses what is no call", () => {
  const request = (text: string) => ({ xml: parseXml(text) }) as ApiRequest;
  const route = xmlRpc({ m: () => true });
  const call = (value: string) =>
    `<methodCall><methodName>m</methodName><params><param>${value}</param></params></methodCall>`;
  expect(() => route(request(call("<value><nil/></value>")), new FakeDns())).toThrow(/no XML-RPC type/);
  expect(() => route(request(call("<string>x</string>")), new FakeDns())).toThrow(/must/);
  expect(() => route(request("<methodCall><methodName>other</methodName></methodCall>"), new FakeDns())).toThrow(
    /no method/,
  );
});
