import { createTestCa } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";
import type { Identifier } from "../identifier.ts";
import { readHistory } from "./history.ts";
import { memoryStore } from "./memory-store.ts";
import { saveCertificate } from "./save-certificate.ts";
import { issuedWith } from "./testing/issued.ts";

const day = 86_400_000;
const now = Date.UTC(2026, 10, 24);
const directoryUrl = "https://ca.example/directory";
const name = "a.example.com";
const identifiers: readonly Identifier[] = [{ type: "dns", value: name }];

test("what was issued lately for the same names by the same CA is told, the latest first, whatever is damaged", async () => {
  const store = memoryStore();
  const issued = issuedWith(createTestCa().issue({ names: [name] }), name, { directoryUrl }, { identifiers });
  const history = (at: number, of = identifiers, url = directoryUrl) =>
    readHistory(store, { name, identifiers: of }, url, at);
  expect(await history(now)).toEqual({ failure: undefined, issued: [] });
  for (const age of [8, 3, 2, 1]) await saveCertificate(store, issued, now - age * day);
  expect((await history(now)).issued).toEqual([now - day, now - 2 * day, now - 3 * day]);
  expect((await history(now - 1.5 * day)).issued).toEqual([now - 2 * day, now - 3 * day, now - 8 * day]);
  expect((await history(now, [...identifiers, { type: "dns", value: "b.example.com" }])).issued).toEqual([]);
  expect((await history(now, identifiers, "https://other.example/directory")).issued).toEqual([]);
  await store.write(`certificates/${name}/3/meta.json`, Buffer.from("{"));
  expect((await history(now)).issued).toEqual([now - day, now - 3 * day]);
});
