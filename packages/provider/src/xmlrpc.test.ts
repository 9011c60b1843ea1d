import { afterEach, describe, expect, test } from "vitest";
import { ProviderError } from "./errors.ts";
import { reply } from "./reply.ts";
import { api, client, closeApis, raw } from "./testing/api.ts";
import { parseXml } from "./xml.ts";
import { decodeAnswer, encodeCall, xmlRpc } from "./xmlrpc.ts";

afterEach(closeApis);

const answer = (value: string) =>
  `<?xml version="1.0"?><methodResponse><params><param><value>${value}</value></param></params></methodResponse>`;
const fault = `<methodResponse><fault><value><struct>
  <member><name>faultCode</name><value><int>620</int></value></member>
  <member><name>faultString</name><value><string>bad\u202e key</string></value></member>
</struct></value></fault></methodResponse>`;
const decode = (value: string) => decodeAnswer(reply(parseXml(answer(value)), { xml: true }));

describe("a call", () => {
  test("carries every type", () => {
    const document = encodeCall("a.b", ["x<y", 7, -1.5, true, null, ["a"], [], { k: "v", none: undefined }]);
    expect(document).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><methodCall><methodName>a.b</methodName><params>' +
        "<param><value><string>x&lt;y</string></value></param><param><value><int>7</int></value></param><param><value><double>-1.5</double></value></param>" +
        "<param><value><boolean>1</boolean></value></param><param><value><nil/></value></param><param><value><array><data><value><string>a</string></value></data></array></value></param>" +
        "<param><value><array><data/></array></value></param><param><value><struct><member><name>k</name><value><string>v</string></value></member></struct></value></param></params></methodCall>",
    );
  });

  test.each([2 ** 31, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s", (number) => {
    expect(() => encodeCall("m", [number])).toThrow(expect.objectContaining({ code: "PROVIDER_INVALID" }));
  });
});

describe("an answer", () => {
  test.each([
    ["plain", "plain"],
    ["", ""],
    ["<string> kept </string>", " kept "],
    ["<string/>", ""],
    ["<i4>-7</i4>", -7],
    ["<i8>12345678901234567891</i8>", "12345678901234567891"],
    ["<double>1.5e3</double>", 1500],
    ["<boolean>0</boolean>", false],
    ["<nil/>", null],
    ["<base64>w6k=</base64>", "é"],
    ["<dateTime.iso8601>20260101T00:00:00</dateTime.iso8601>", "20260101T00:00:00"],
    ["<array><data/></array>", []],
    ["<array><data><value>a</value></data></array>", ["a"]],
    ["<array><data><value><int>1</int></value><value>b</value></data></array>", [1, "b"]],
    ["<struct/>", {}],
    [
      "<struct><member><name>a</name><value><struct><member><name>b</name><value>c</value></member></struct></value></member></struct>",
      { a: { b: "c" } },
    ],
  ])("%s", (text, value) => {
    expect(decode(text)).toEqual({ value });
  });

  test.each([
    "<other>1</other>",
    "<int>x</int>",
    "<int>1.5</int>",
    "<double>NaN</double>",
    "<boolean>yes</boolean>",
    "<int>1</int><string>x</string>",
    "<struct><member><name>a</name></member></struct>",
    "<struct><other/></struct>",
    "<array><values/></array>x",
    "<int><b/></int>",
  ])("refuses %s", (text) => {
    expect(() => decode(text)).toThrow(expect.objectContaining({ code: "PROVIDER_BAD_ANSWER" }));
  });

  test("refuses a document that is no answer", () => {
    expect(() => decodeAnswer(reply(parseXml("<html/>"), { xml: true }))).toThrow(
      expect.objectContaining({ code: "PROVIDER_BAD_ANSWER" }),
    );
  });
});

test("calls over HTTP, and faults become errors", async () => {
  const { url, seen } = await api(
    raw(
      200,
      "text/xml",
      answer(
        "<struct><member><name>zones</name><value><array><data><value>a.test</value></data></array></value></member></struct>",
      ),
    ),
    raw(200, "text/xml", fault),
    raw(200, "text/xml", fault),
  );
  const { http } = client(url);
  const zones = await xmlRpc(http, { path: "/rpc" })("zones.list", "user", 1);
  expect(zones.list("zones").map((zone) => zone.text())).toEqual(["a.test"]);
  expect(seen[0]).toMatchObject({
    method: "POST",
    url: "/v1/rpc",
    headers: { "content-type": "text/xml; charset=utf-8" },
  });
  await expect(xmlRpc(http)("x.y")).rejects.toMatchObject({
    code: "PROVIDER_FAILED",
    message: "x.y failed with fault 620: bad key",
  });
  const call = xmlRpc(http, {
    fault: (code, text) => (code === "620" ? new ProviderError("PROVIDER_AUTH", text) : undefined),
  });
  await expect(call("x.y")).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
});
