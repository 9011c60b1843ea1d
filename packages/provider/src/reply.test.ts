import { describe, expect, test } from "vitest";
import { reply } from "./reply.ts";

const answer = reply(
  {
    zones: [{ id: 7, name: "example.com", live: true, ttl: "60", owner: null, "": 1 }],
    empty: [],
    names: { a: 1, b: "2" },
    zero: 0,
    no: "false",
  },
  { provider: "acme", request: "GET /zones" },
);

describe("a JSON answer", () => {
  test("reads what is there", () => {
    const zone = answer.list("zones")[0];
    expect(zone?.id("id")).toBe("7");
    expect(zone?.text("name")).toBe("example.com");
    expect(zone?.flag("live")).toBe(true);
    expect(zone?.number("ttl")).toBe(60);
    expect(answer.at("zones", 0).text("name")).toBe("example.com");
    expect(answer.flag("zero")).toBe(false);
    expect(answer.flag("no")).toBe(false);
    expect(answer.entries("names").map(([key, value]) => [key, value.id()])).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    expect(answer.value).toHaveProperty("zones");
  });

  test("tells absent from wrong", () => {
    expect(answer.maybe("zones", 0, "owner")).toBeUndefined();
    expect(answer.maybe("nothing", "below", 3)).toBeUndefined();
    expect(answer.textOrNone("zones", 0, "owner")).toBeUndefined();
    expect(answer.listOrNone("nothing")).toEqual([]);
    expect(answer.list("empty")).toEqual([]);
    expect(() => answer.textOrNone("zones", 0, "id")).toThrow(/zones\[0\]\.id/);
    expect(() => answer.listOrNone("names")).toThrow(/should have a list at names, but has an object/);
  });

  test.each([
    [
      "text",
      () => answer.text("zones", 0, "id"),
      "acme: the answer to GET /zones should have a text at zones[0].id, but has a number",
    ],
    ["nested", () => answer.list("zones")[0]?.at("owner").text("name"), "something at zones[0].owner, but has null"],
    ["through a text", () => answer.text("no", "deeper"), "an object at no, but has a text"],
    ["number", () => answer.number("no"), "a number at no"],
    ["flag", () => answer.flag("names", "b"), "true or false at names.b"],
    ["list", () => answer.list("names"), "a list at names"],
    ["index into an object", () => answer.at("names", 0), "a list at names"],
    ["identifier", () => reply(1.5).id(), "an identifier at its top"],
    ["empty identifier", () => reply("").id(), "an identifier at its top"],
    ["entries", () => answer.entries("zones"), "an object at zones"],
    ["inherited", () => answer.at("constructor"), "something at constructor, but has nothing"],
  ])("refuses a wrong %s", (_name, read, message) => {
    expect(read).toThrow(
      expect.objectContaining({ code: "PROVIDER_BAD_ANSWER", message: expect.stringContaining(message) }),
    );
  });

  test("never shows a value in its errors", () => {
    expect(() => reply({ token: "s3cret" }).number("token")).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("s3cret") }),
    );
  });
});

describe("an XML answer", () => {
  const xml = reply(
    {
      r: { one: { "@id": "4", "#text": "hello" }, many: ["a", "b"], none: "", attributes: { "@a": "1" }, blank: " \n" },
    },
    { xml: true },
  );

  test("counts one element as a list of one, and an empty one as no list", () => {
    expect(xml.list("r", "one").map((item) => item.text())).toEqual(["hello"]);
    expect(xml.list("r", "many").map((item) => item.text())).toEqual(["a", "b"]);
    expect(xml.listOrNone("r", "none", "item")).toEqual([]);
    expect(xml.listOrNone("r", "blank", "item")).toEqual([]);
    expect(xml.at("r", "one", 0).text("@id")).toBe("4");
  });

  test("reads text with and without attributes", () => {
    expect(xml.text("r", "one")).toBe("hello");
    expect(xml.text("r", "attributes")).toBe("");
    expect(xml.text("r", "none")).toBe("");
    expect(() => xml.text("r")).toThrow(/a text at r/);
  });
});
