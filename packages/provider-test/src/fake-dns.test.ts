import { describe, expect, test } from "vitest";
import { FakeDns } from "./fake-dns.ts";
import { paged } from "./paged.ts";
import { quoted, unquoted } from "./zone-text.ts";

const refused = (status: number) => expect.objectContaining({ name: "Refusal", status });

function twoZones() {
  const dns = new FakeDns();
  dns.addZone("example.com");
  dns.addZone("a.Example.com.");
  return dns;
}

describe("zones and records", () => {
  test("are found by id and by name in any spelling, the deepest by what it holds", () => {
    const dns = twoZones();
    expect(dns.zone("Example.COM.").id).toBe("1001");
    expect(dns.zone(1002).name).toBe("a.example.com");
    expect(dns.owner("x.a.example.com")?.name).toBe("a.example.com");
    expect(dns.zoneFor("xa.example.com").name).toBe("example.com");
    expect(() => dns.zone("nobody.example")).toThrow(refused(404));
    expect(() => dns.zoneFor("notexample.com")).toThrow(refused(404));
  });

  test("keep both names, whichever was given", () => {
    const zone = twoZones().zone("example.com");
    expect(zone.add({ fqdn: "_X.Example.com.", value: "v" })).toMatchObject({
      name: "_x",
      fqdn: "_x.example.com",
      type: "TXT",
    });
    expect(zone.add({ name: "@", value: "v" })).toMatchObject({ name: "@", fqdn: "example.com" });
    expect(() => zone.add({ fqdn: "x.example.org", value: "v" })).toThrow(refused(422));
  });

  test("values of the name * stand at every name without its own", () => {
    const zone = twoZones().zone("example.com");
    zone.add({ name: "*", value: "any" });
    zone.add({ name: "x", value: "v" });
    expect([zone.values("x.example.com"), zone.values("y.x.example.com")]).toEqual([["v"], ["any"]]);
    expect(zone.list({ name: "y" })).toEqual([]);
  });

  test("keep duplicates unless the API refuses them", () => {
    const zone = twoZones().zone("example.com");
    zone.add({ name: "x", value: "v" });
    zone.add({ name: "x", value: "v" });
    expect(zone.values("x.example.com")).toEqual(["v", "v"]);
    expect(() => zone.add({ name: "x", value: "v" }, { duplicates: "refuse" })).toThrow(refused(409));
  });

  test("change, leave and are replaced", () => {
    const dns = twoZones();
    const zone = dns.zone("example.com");
    const { id } = zone.add({ name: "x", value: "old" });
    zone.change(id, { value: "new" });
    expect(dns.zoneOf(id)).toBe(zone);
    expect(zone.remove(id).value).toBe("new");
    expect(() => zone.remove(id)).toThrow(refused(404));
    zone.add({ name: "x", type: "A", value: "192.0.2.1" });
    zone.replace({ name: "x" }, ["one", "two"], 60);
    zone.replace({ name: "x" }, ["three"], 60);
    expect(dns.dump()).toEqual(["x.example.com 3600 A 192.0.2.1", "x.example.com TXT three"]);
    zone.replaceZone([{ name: "y", value: "only" }]);
    expect(dns.dump()).toEqual(["y.example.com TXT only"]);
  });

  test("come back as they were from a snapshot", () => {
    const dns = twoZones();
    dns.zone("example.com").add({ name: "x", value: "v" });
    const restore = dns.snapshot();
    dns.zone("example.com").removeAll({ name: "x" });
    dns.addZone("more.example");
    restore();
    expect(dns.dump()).toEqual(["x.example.com TXT v"]);
    expect(dns.find("more.example")).toBeUndefined();
  });
});

describe("paged", () => {
  const items = ["a", "b", "c", "d", "e"];

  test.each([
    ["by page", { page: undefined, size: "2", max: 5 }, { page: "3", size: 2, max: 5 }, "2"],
    ["by page from zero", { page: "0", size: 2, max: 5, first: 0 }, { page: 2, size: 2, max: 5, first: 0 }, "1"],
    ["by offset", { offset: undefined, size: 2, max: 5 }, { offset: "4", size: 2, max: 5 }, "2"],
    ["by cursor", { cursor: undefined, max: 2 }, { cursor: "after-4", max: 2 }, "after-2"],
  ] as const)("%s", (_, first, last, next) => {
    expect(paged(items, first)).toMatchObject({ items: ["a", "b"], next, total: 5, pages: 3 });
    expect(paged(items, last)).toMatchObject({ items: ["e"], next: undefined });
  });

  test.each([
    { page: "x", max: 5 },
    { page: "0", max: 5 },
    { page: 1, size: 6, max: 5 },
    { page: 1, size: 0, max: 5 },
    { cursor: "elsewhere", max: 5 },
  ])("refuses %j", (request) => {
    expect(() => paged(items, request)).toThrow(refused(422));
  });
});

describe("quoted and unquoted", () => {
  test.each([
    ["plain", '"plain"'],
    ['say "x" \\ y', '"say \\"x\\" \\\\ y"'],
    ["ü", '"\\195\\188"'],
    ["", '""'],
    ["x".repeat(256), `"${"x".repeat(255)}" "x"`],
  ])("%j", (value, text) => {
    expect(quoted(value)).toBe(text);
    expect(unquoted(text)).toBe(value);
  });

  test.each(["bare", '"open', '"a" b', `"${"x".repeat(256)}"`, 7, undefined])("refuses %j", (text) => {
    expect(() => unquoted(text)).toThrow(refused(422));
  });
});
