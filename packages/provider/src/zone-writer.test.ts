import { describe, expect, test } from "vitest";
import type { ZoneShape } from "./shapes.ts";
import { conflict, lostAnswer, open, txt } from "./testing/open.ts";

interface Line {
  readonly host: string;
  readonly type: string;
  readonly data: string;
}

function zoneFile(start: readonly Line[]) {
  let lines = start;
  const writes: (readonly Line[])[] = [];
  const faults: { error: Error; lost: boolean }[] = [];
  const shape: ZoneShape<Line> = {
    read: async () => {
      await new Promise(setImmediate);
      return lines.map((line) => ({ ...line }));
    },
    write: async (_zone, changed) => {
      await new Promise(setImmediate);
      const fault = faults.shift();
      if (fault?.lost) throw fault.error;
      writes.push(changed);
      lines = changed;
      if (fault) throw fault.error;
    },
    txt: ({ host, type, data }, { name }) => (type === "TXT" && host === name ? data : undefined),
    record: ({ name, value }) => ({ host: name, type: "TXT", data: value }),
  };
  return { shape, writes, faults, now: () => lines.map(({ host, type, data }) => `${host} ${type} ${data}`) };
}

const mx: Line = { host: "@", type: "MX", data: "10 mail" };
const foreign: Line = { host: "a", type: "TXT", data: "foreign" };

describe("an API of whole zones", () => {
  test("changes only our values, in one write, and hands the rest back", async () => {
    const api = zoneFile([mx, foreign]);
    const handle = await open(api.shape);
    await handle.add([txt("a", "1"), txt("b", "2"), txt("a", "foreign")]);
    expect(api.now()).toEqual(["@ MX 10 mail", "a TXT foreign", "a TXT 1", "b TXT 2"]);
    await handle.add([txt("a", "1")]);
    expect(api.writes).toHaveLength(1);
    await handle.remove([txt("a", "1"), txt("b", "2"), txt("c", "3")]);
    await handle.remove([txt("a", "1")]);
    expect(api.now()).toEqual(["@ MX 10 mail", "a TXT foreign"]);
    expect(api.writes).toHaveLength(2);
  });

  test("parallel changes lose nothing, whatever the traits say", async () => {
    const api = zoneFile([mx]);
    const handle = await open(api.shape, { concurrency: "free" });
    await Promise.all(Array.from({ length: 10 }, (_, index) => handle.add([txt(`n${index}`, "1")])));
    expect(api.now()).toHaveLength(11);
  });

  test.each([
    ["a conflict", conflict(), true],
    ["an answer lost after the write", lostAnswer(), false],
  ])("reads again after %s, once", async (_name, error, lost) => {
    const api = zoneFile([mx]);
    const handle = await open(api.shape);
    api.faults.push({ error, lost });
    await handle.add([txt("a", "1")]);
    expect(api.now()).toEqual(["@ MX 10 mail", "a TXT 1"]);
    api.faults.push({ error, lost: true }, { error, lost: true });
    await expect(handle.remove([txt("a", "1")])).rejects.toMatchObject({ code: error.code });
  });

  test("a value that is not ours is never pushed out", async () => {
    const api = zoneFile([foreign]);
    const handle = await open(api.shape, { maxValues: 1 });
    await expect(handle.add([txt("a", "1")])).rejects.toMatchObject({ code: "PROVIDER_QUOTA" });
    expect(api.writes).toEqual([]);
  });
});
