import { expect, test } from "vitest";
import { hookReference } from "./reference.ts";
import { hookVariables } from "./variables.ts";

test("the reference page of hooks tells every variable once, and shows JSON that is JSON", () => {
  const page = hookReference();
  for (const { name, description } of hookVariables) {
    expect(page.split(`| \`${name}\` | ${description} |`)).toHaveLength(2);
  }
  const json = /```json\n([\s\S]*?)\n```/.exec(page)?.[1] ?? "";
  expect(JSON.parse(json)).toMatchObject({ version: 1, event: "deploy", scope: "certificate" });
  expect(page).not.toContain("undefined");
});
