import { describe, expect, test } from "vitest";
import type { ZoneFinder } from "./shapes.ts";
import { open } from "./testing/open.ts";
import { candidates, parseZonePin, plainName } from "./zone-name.ts";

const records = {
  add: async () => {},
  remove: async () => {},
};
const finder = (zones: NonNullable<ZoneFinder["zones"]>, pins: readonly string[] = []) =>
  open({ ...records, zones }, {}, { zones: pins });
const find = (handle: Awaited<ReturnType<typeof open>>, fqdn: string) => handle.findZone(fqdn, candidates(fqdn));

describe("finding a zone in a list", () => {
  test("takes the longest match, whatever the spelling", async () => {
    const handle = await finder(async () => [
      "Example.com.",
      { name: "sub.EXAMPLE.com", id: "7" },
      "bücher.example",
      "ample.com",
    ]);
    expect(handle.listsZones).toBe(true);
    expect(await find(handle, "_acme-challenge.www.sub.example.com")).toEqual({ name: "sub.example.com", id: "7" });
    expect(await find(handle, "_acme-challenge.xsub.example.com.")).toEqual({ name: "example.com", id: "example.com" });
    expect(await find(handle, "_acme-challenge.www.xn--bcher-kva.example")).toEqual({
      name: "xn--bcher-kva.example",
      id: "xn--bcher-kva.example",
    });
    expect(await find(handle, "_acme-challenge.example.net")).toBeUndefined();
  });

  test("asks once for everybody, and again after a failure", async () => {
    let asked = 0;
    const handle = await finder(async () => {
      await new Promise(setImmediate);
      if (++asked === 1) throw new Error("down");
      return ["example.com"];
    });
    await expect(find(handle, "a.example.com")).rejects.toMatchObject({ code: "PROVIDER_FAILED", operation: "zones" });
    const zones = await Promise.all(["a", "b", "c"].map((name) => find(handle, `${name}.example.com`)));
    expect(zones.map((zone) => zone?.name)).toEqual(["example.com", "example.com", "example.com"]);
    expect(asked).toBe(2);
  });

  test("guards what an iteration throws on a later page", async () => {
    const handle = await finder(async function* () {
      yield "example.com";
      throw new Error("page 2 with hunter22");
    });
    await expect(find(handle, "a.example.com")).rejects.toMatchObject({
      message: "acme failed: page 2 with ***",
      operation: "zones",
    });
  });

  test("two zones of one name are named with their pins, unless another is closer", async () => {
    const handle = await finder(async () => [
      { name: "example.com", id: "public" },
      { name: "example.com", id: "private" },
      { name: "sub.example.com", id: "3" },
    ]);
    await expect(find(handle, "a.example.com")).rejects.toMatchObject({
      code: "PROVIDER_CONFLICT",
      hint: expect.stringContaining("example.com=public or example.com=private"),
    });
    expect(await find(handle, "a.sub.example.com")).toEqual({ name: "sub.example.com", id: "3" });
  });

  test("says what the credential sees", async () => {
    const none = await finder(async () => []);
    await find(none, "a.example.com");
    expect(none.zoneNotFound("a.example.com").message).toContain("sees no zone at all");
    const many = await finder(async () => ["a.test", "b.test", "c.test", "d.test", "e.test", "f.test"]);
    await find(many, "a.example.com");
    expect(many.zoneNotFound("a.example.com").message).toContain(
      "sees a.test, b.test, c.test, d.test, e.test and 1 more",
    );
    expect(many.zoneNotFound("x").code).toBe("PROVIDER_ZONE_NOT_FOUND");
  });
});

describe("finding a zone by name", () => {
  function byName(zones: readonly string[], firstOnly: boolean) {
    const asked: string[][] = [];
    const lookUp = async (names: readonly string[]) => {
      asked.push([...names]);
      await new Promise(setImmediate);
      const found = names.filter((name) => zones.includes(name));
      return firstOnly ? found.slice(0, 1) : found;
    };
    return { asked, lookUp };
  }

  test("asks only for names nobody asked for, also in parallel", async () => {
    const { asked, lookUp } = byName(["example.com"], false);
    const handle = await finder(lookUp);
    const zones = await Promise.all(["a", "b", "a"].map((name) => find(handle, `${name}.example.com`)));
    expect(zones.map((zone) => zone?.name)).toEqual(["example.com", "example.com", "example.com"]);
    expect(asked).toEqual([["a.example.com", "example.com", "com"], ["b.example.com"]]);
    await find(handle, "b.example.com");
    expect(asked).toHaveLength(2);
    expect(handle.zoneNotFound("x.test").message).toContain("x.test is a zone");
  });

  test("a provider that stops at the first zone hides no other", async () => {
    const { asked, lookUp } = byName(["sub.example.com", "example.com"], true);
    const handle = await finder(lookUp);
    expect((await find(handle, "a.sub.example.com"))?.name).toBe("sub.example.com");
    expect((await find(handle, "b.example.com"))?.name).toBe("example.com");
    expect(asked).toEqual([
      ["a.sub.example.com", "sub.example.com", "example.com", "com"],
      ["b.example.com", "example.com", "com"],
    ]);
    expect(await find(handle, "a.example.net")).toBeUndefined();
  });
});

describe("pinned zones", () => {
  const never = async () => Promise.reject(new Error("not to be asked"));

  test("with an id nothing is asked; the closest pin wins", async () => {
    const handle = await finder(never, ["example.com=Z1", "Sub.Example.com.=Z2"]);
    expect(await find(handle, "a.example.com")).toEqual({ name: "example.com", id: "Z1" });
    expect(await find(handle, "a.sub.example.com")).toEqual({ name: "sub.example.com", id: "Z2" });
    await expect(find(handle, "a.xexample.com")).rejects.toThrow("not to be asked");
  });

  test("without an id the API is asked for exactly that zone", async () => {
    const handle = await finder(
      async () => ["sub.example.com", { name: "example.com", id: "7" }],
      ["example.com", "example.org"],
    );
    expect(await find(handle, "a.sub.example.com")).toEqual({ name: "example.com", id: "7" });
    expect(await find(handle, "a.example.org")).toBeUndefined();
  });

  test("a provider that lists no zones takes the pin's name", async () => {
    const handle = await open(records, {}, { zones: ["example.com"] });
    expect(handle.listsZones).toBe(false);
    expect(await find(handle, "a.example.com")).toEqual({ name: "example.com", id: "example.com" });
    expect(await find(handle, "a.example.org")).toBeUndefined();
  });

  test.each(["", "=x", "example.com=", "a b", "a..b", "-a.example", "x".repeat(254)])("refuses %j", (text) => {
    expect(() => parseZonePin(text)).toThrow(expect.objectContaining({ code: "PROVIDER_INVALID" }));
  });
});

test("candidates go from the name itself to its last label", () => {
  expect(candidates("_acme-challenge.WWW.example.com.")).toEqual([
    "_acme-challenge.www.example.com",
    "www.example.com",
    "example.com",
    "com",
  ]);
  expect(plainName("_acme-challenge.Bücher.example.")).toBe("_acme-challenge.xn--bcher-kva.example");
});
