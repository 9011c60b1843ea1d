import type { CaSpec } from "@certwright/core";
import type { Config, ConfiguredCa } from "@certwright/core/config";
import { memoryStore } from "@certwright/core/store";
import { expect, test } from "vitest";
import { directoryUrlOf } from "../ca-names.ts";
import { createSecrets } from "../reporter/secrets.ts";
import { testContext } from "../testing/fake-context.ts";
import { createParts, latestParts } from "./create-parts.ts";

const [letsencrypt, itsStaging] = ["letsencrypt", "letsencrypt-staging"].map(directoryUrlOf);
const own: CaSpec = { directoryUrl: "https://ca.example/dir", email: "a@example.com" };
const trial: CaSpec = { directoryUrl: "https://trial.example/dir" };

function partsFor(...cas: ConfiguredCa[]) {
  const surroundings = { context: testContext(), secrets: createSecrets(), emit: () => undefined };
  return createParts(surroundings, {
    acceptTerms: false,
    store: memoryStore(),
    ...(cas.length === 0 ? {} : { config: { cas } as unknown as Config }),
  });
}

test("Let's Encrypt has a staging CA by itself, under the same address; others have the one they are given", () => {
  const ca: CaSpec = { directoryUrl: letsencrypt ?? "", email: "a@example.com" };
  expect(partsFor().stagingOf(ca)).toEqual({ directoryUrl: itsStaging, email: "a@example.com" });
  expect(partsFor().stagingOf(own)).toBeUndefined();
  const configured = (staging?: CaSpec | null): ConfiguredCa => ({
    label: "x",
    spec: ca,
    acceptTerms: true,
    fetchEab: false,
    ...(staging === undefined ? {} : { staging }),
  });
  expect(partsFor(configured(trial)).stagingOf(ca)).toEqual(trial);
  expect(partsFor(configured(null)).stagingOf(ca)).toBeUndefined();
  expect(partsFor(configured()).stagingOf(ca)).toMatchObject({ directoryUrl: itsStaging });
});

test("who agreed to a CA's terms agreed to those of its staging CA, and to no others", async () => {
  const parts = partsFor({ label: "own", spec: own, acceptTerms: true, fetchEab: false, staging: trial });
  expect((await parts.caAccess(trial)).acceptTerms).toBe(false);
  const staging = parts.stagingOf(own) ?? own;
  expect((await parts.caAccess(staging)).acceptTerms).toBe(true);
});

test("the service has every part, of the configuration as it is now", () => {
  const ca: CaSpec = { directoryUrl: letsencrypt ?? "" };
  let parts = partsFor();
  const latest = latestParts(() => parts);
  expect(Object.keys(latest).sort()).toEqual(Object.keys(parts).sort());
  expect(latest.stagingOf(ca)).toMatchObject({ directoryUrl: itsStaging });
  parts = partsFor({ label: "x", spec: ca, acceptTerms: true, fetchEab: false, staging: null });
  expect(latest.stagingOf(ca)).toBeUndefined();
});
