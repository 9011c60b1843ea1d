import assert from "node:assert/strict";
import type { DefinedProvider, OptionsSchema } from "@certwright/provider";
import { answerCases } from "./cases/answers.ts";
import type { Case } from "./cases/case.ts";
import { assertSound } from "./cases/definition.ts";
import { networkCases } from "./cases/network.ts";
import { parallelCases } from "./cases/parallel.ts";
import { safetyCases } from "./cases/safety.ts";
import { limitCases, valueCases } from "./cases/values.ts";
import { zoneCases } from "./cases/zones.ts";
import { FakeDns } from "./fake-dns.ts";
import { compileRoutes } from "./routes.ts";
import { forbiddenTexts, plantOptions } from "./secrets.ts";
import type { ConformanceSpec } from "./spec.ts";
import { createStage } from "./stage.ts";

const allCases: readonly Case[] = [
  ...valueCases,
  ...parallelCases,
  ...zoneCases,
  ...answerCases,
  ...networkCases,
  ...safetyCases,
];

/**
 * Registers the conformance suite of one provider with a test runner: one named test a case.
 *
 * The suite proves the contract written beside the shapes of `@certwright/provider`, against a real HTTP server on
 * loopback that keeps state (`api`), a fake program or person (`run`, `ask`), or a real server (`live`). Time is
 * virtual except with `live`. Besides what each case checks, every case fails on an unexpected request, a request to
 * an undeclared host, a secret in an error, and a record left behind or lost.
 */
export function conformance<O extends OptionsSchema>(definition: DefinedProvider<O>, spec: ConformanceSpec<O>): void {
  const { test } = spec;
  // Options differ per provider; from here on only their names and values matter.
  const anyDefinition = definition as unknown as DefinedProvider<OptionsSchema>;
  const stage = createStage(anyDefinition, spec as unknown as ConformanceSpec);
  const cases = casesFor(anyDefinition, spec as unknown as ConformanceSpec);
  const ran = new Set<string>();

  test("the definition is sound", async () => {
    assertSound(anyDefinition);
  });
  for (const one of cases) {
    test(one.name, async () => {
      await stage.perform(one);
      ran.add(one.name);
    });
  }
  test("every declared route was used, and the server stops", async () => {
    await stage.close();
    if (ran.size < cases.length || typeof spec.api === "undefined") return;
    const api = typeof spec.api === "function" ? spec.api(new FakeDns()) : spec.api;
    const unused = compileRoutes(api.routes).filter((route) => !route.rare && !stage.used.has(route.pattern));
    assert.deepEqual(
      unused.map(({ pattern }) => pattern),
      [],
      "routes no request came to",
    );
  });
}

/** The cases this provider has to pass, by what it declares and what is on the other side. */
function casesFor(definition: DefinedProvider<OptionsSchema>, spec: ConformanceSpec): readonly Case[] {
  const limits = definition.traits.limits ?? {};
  const backends = spec.live ? ["any"] : spec.api ? ["any", "fake", "http"] : ["any", "fake"];
  const secret = forbiddenTexts(definition, plantOptions(definition, spec.options ?? {})).length > 0;
  const wanted = allCases.filter(
    (one) =>
      backends.includes(one.needs) &&
      (one.when?.(definition.traits) ?? true) &&
      (!one.withSecret || secret) &&
      !(one.without ?? []).some((limit) => limits[limit] !== undefined),
  );
  const instead = (["longValues", "specialCharacters", "apex", "removal"] as const).filter(
    (limit) => limits[limit] !== undefined,
  );
  return [...wanted, ...instead.map((limit) => limitCases[limit])];
}
