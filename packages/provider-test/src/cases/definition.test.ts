import type { DefinedProvider, OptionsSchema } from "@certwright/provider";
import { expect, test } from "vitest";
import example from "../example-record.ts";
import { assertSound } from "./definition.ts";

const sound = example as unknown as DefinedProvider<OptionsSchema>;
const token = { description: "API token", env: ["EXAMPLE_TOKEN"] };

test("a sound definition passes", () => {
  expect(() => assertSound(sound)).not.toThrow();
});

test.each<[string, Partial<DefinedProvider<OptionsSchema>>, RegExp]>([
  ["what defineProvider refuses", { website: "http://plain.example" }, /website must be an https URL/],
  ["a secret that is not marked", { options: { apiToken: token } }, /"apiToken" sounds secret/],
  [
    "a first variable that is not upper case",
    { options: { user: { ...token, env: ["Example_User"] } } },
    /UPPER_SNAKE/,
  ],
  ["permissions that are no sentence", { permissions: "DNS" }, /permissions must be a sentence/],
  ["a limit without a reason", { traits: { ...sound.traits, limits: { apex: "no" } } }, /limit apex needs its reason/],
])("%s is named", (_, change, message) => {
  expect(() => assertSound({ ...sound, ...change })).toThrow(message);
});
