import assert from "node:assert/strict";
import { isCertwrightError } from "@certwright/provider";
import { type Answer, answer, html } from "../answer.ts";
import { assertCode, assertValues, failure, settled } from "../expect.ts";
import { challengeValue } from "../fixture.ts";
import { Refusal } from "../refusal.ts";
import type { ApiRequest } from "../request.ts";
import { afterRemoval, type FakeWorld, type HttpWorld, txt, zoneOf } from "../world.ts";
import type { Case } from "./case.ts";

const name = "_acme-challenge.fault";
const value = challengeValue("fault");

/** Finds the zone, then writes; a case can put something between the two. */
async function operate(world: FakeWorld, operation: "add" | "remove", between = () => {}, options = world.options) {
  const handle = await world.open({ options });
  const zone = await zoneOf(world, handle, `${name}.${world.zone}`);
  between();
  await handle[operation]([txt(zone, name, value)]);
}

const add = (world: FakeWorld, options = world.options) => operate(world, "add", undefined, options);
const remove = (world: HttpWorld) => operate(world, "remove");
const read = (world: FakeWorld) => world.read(`${name}.${world.zone}`);

/**
 * Every request is answered like this, first from the start, then once the zone is found: adding must fail with one of
 * the codes, and nothing be written. Answers the last error.
 */
async function failsFor(world: HttpWorld, act: (request: ApiRequest) => Answer, codes: readonly string[]) {
  const strike = () => {
    world.scene.fault = { on: "any", times: Number.POSITIVE_INFINITY, act };
  };
  strike();
  assertCode(await failure(add(world), "adding"), codes, "adding");
  world.scene.fault = undefined;
  const error = await failure(operate(world, "add", strike), "adding once the zone is found");
  world.scene.fault = undefined;
  assertValues(await read(world), [], "nothing is written");
  return assertCode(error, codes, "adding once the zone is found");
}

/** A fault that passes: with retries by the host, or a second call, all is as it should be. */
async function survives(world: HttpWorld, operation: () => Promise<void>, expected: readonly string[]) {
  try {
    await settled(operation(), "the call");
  } catch (error) {
    assert.ok(isCertwrightError(error), `a passing fault must end in success or a typed error, not ${error}`);
    await settled(operation(), "the second call");
  }
  assertValues(await read(world), expected, "after the fault has passed");
}

const refusal = (world: HttpWorld, status: number) => (request: ApiRequest) =>
  world.scene.refuse(new Refusal(status, `the fake API says ${status}`), request);

const notThere = [
  "PROVIDER_NOT_FOUND",
  "PROVIDER_ZONE_NOT_FOUND",
  "PROVIDER_FAILED",
  "PROVIDER_INVALID",
  "PROVIDER_FORBIDDEN",
];
const denied = ["PROVIDER_AUTH", "PROVIDER_FORBIDDEN"];

/** What an API may answer on a bad day. */
export const answerCases: readonly Case[] = [
  {
    name: "wrong credentials are named as such",
    needs: "fake",
    withSecret: true,
    async run(world) {
      const error = await failure(add(world, world.wrong), "adding with wrong credentials");
      const { hint } = assertCode(error, denied, "adding with wrong credentials");
      assert.ok(hint, "the error must hint at what to do");
      assertValues(await read(world), [], "nothing is written");
    },
  },
  {
    name: "401 is an authentication error",
    needs: "http",
    run: async (world) => void (await failsFor(world, refusal(world, 401), denied)),
  },
  {
    name: "403 is a permission error",
    needs: "http",
    run: async (world) => void (await failsFor(world, refusal(world, 403), denied)),
  },
  {
    name: "404 to everything is an error, not an empty zone",
    needs: "http",
    async run(world) {
      const strike = () => {
        world.scene.fault = { on: "any", times: Number.POSITIVE_INFINITY, act: refusal(world, 404) };
      };
      strike();
      const early = await failure(add(world), "adding where nothing is found");
      // With a zone list, the kit itself reports that no zone was found.
      if (isCertwrightError(early)) assertCode(early, notThere, "adding where nothing is found");
      else assert.ok((await world.offers()).zones, `adding must fail with a typed error, not ${early}`);
      world.scene.fault = undefined;
      const late = await failure(operate(world, "add", strike), "adding where nothing is found any more");
      assertCode(late, notThere, "adding where nothing is found any more");
    },
  },
  {
    name: "a conflict is an error or tried again, and never half done",
    needs: "http",
    async run(world) {
      world.scene.fault = { on: "change", times: 1, act: refusal(world, 409) };
      try {
        await settled(add(world), "adding with a conflict");
      } catch (error) {
        assertCode(error, ["PROVIDER_CONFLICT"], "adding with a conflict");
      }
      await settled(add(world), "adding after the conflict");
      assertValues(await read(world), [value], "after the conflict has passed");
      await remove(world);
    },
  },
  {
    name: "429 with seconds is waited for",
    needs: "http",
    async run(world) {
      const start = world.clock.now();
      const act = () => answer(429, { message: "later" }, { "retry-after": "17" });
      world.scene.fault = { on: "any", times: 1, act };
      await settled(add(world), "adding after a 429");
      assertValues(await read(world), [value], "after the wait");
      assert.ok(world.clock.now() - start >= 17_000, `waited ${world.clock.now() - start} ms of the 17 s asked for`);
      await remove(world);
    },
  },
  {
    name: "429 with a date is waited for",
    needs: "http",
    async run(world) {
      const until = Math.ceil(world.clock.now() / 1000) * 1000 + 23_000;
      const act = () => answer(429, { message: "later" }, { "retry-after": new Date(until).toUTCString() });
      world.scene.fault = { on: "any", times: 1, act };
      await settled(add(world), "adding after a 429");
      assertValues(await read(world), [value], "after the wait");
      assert.ok(world.clock.now() >= until, `went on ${until - world.clock.now()} ms too early`);
      await remove(world);
    },
  },
  {
    name: "429 without end is a rate limit error",
    needs: "http",
    async run(world) {
      const error = await failsFor(world, refusal(world, 429), ["PROVIDER_RATE_LIMITED"]);
      assert.equal(error.retryable, true, "it may be tried again later");
    },
  },
  {
    name: "a passing 500 is survived",
    needs: "http",
    async run(world) {
      world.scene.fault = { on: "any", times: 1, act: () => answer(500, { message: "oops" }) };
      await survives(world, () => add(world), [value]);
      world.scene.fault = { on: "change", times: 1, act: () => answer(500, { message: "oops" }) };
      await survives(world, () => remove(world), afterRemoval(world, [value]));
    },
  },
  {
    name: "503 without end is a retryable error",
    needs: "http",
    async run(world) {
      const act = () => html("<h1>503 Service Unavailable</h1>", 503);
      const error = await failsFor(world, act, ["PROVIDER_UNAVAILABLE", "PROVIDER_FAILED"]);
      assert.equal(error.retryable, true, "it may be tried again later");
    },
  },
  {
    name: "a web page instead of an answer is an error",
    needs: "http",
    async run(world) {
      const act = () => html("<!doctype html><title>Maintenance</title><p>Back at ten.");
      await failsFor(world, act, ["PROVIDER_BAD_ANSWER", "PROVIDER_UNAVAILABLE", "PROVIDER_FAILED"]);
    },
  },
  {
    name: "removing while the API is down is an error too",
    needs: "http",
    without: ["removal"],
    async run(world) {
      await add(world);
      const strike = () => {
        world.scene.fault = { on: "any", times: Number.POSITIVE_INFINITY, act: () => answer(503, { message: "down" }) };
      };
      const error = await failure(operate(world, "remove", strike), "removing");
      assertCode(error, ["PROVIDER_UNAVAILABLE", "PROVIDER_FAILED"], "removing");
      world.scene.fault = undefined;
      await remove(world);
      assertValues(await read(world), [], "after it is up again");
    },
  },
  {
    name: "half an answer is an error or harmless",
    needs: "http",
    async run(world) {
      world.scene.fault = { on: "any", times: 1, act: "truncate" };
      await survives(world, () => add(world), [value]);
      world.scene.fault = { on: "change", times: 1, act: "truncate" };
      await survives(world, () => remove(world), afterRemoval(world, [value]));
    },
  },
];
