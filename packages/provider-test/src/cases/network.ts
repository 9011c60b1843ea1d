import assert from "node:assert/strict";
import { isCertwrightError } from "@certwright/provider";
import { assertCode, assertValues, failure, settled } from "../expect.ts";
import type { Fault } from "../faults.ts";
import { challengeValue } from "../fixture.ts";
import { type HttpWorld, removes, txt, zoneOf } from "../world.ts";
import type { Case } from "./case.ts";

const name = "_acme-challenge.line";
const value = challengeValue("line");

async function operate(world: HttpWorld, operation: "add" | "remove") {
  const handle = await world.open();
  const zone = await zoneOf(world, handle, `${name}.${world.zone}`);
  await handle[operation]([txt(zone, name, value)]);
}

/** One request meets the fault; the host may repeat the call, or report an error and be called again. Then all is right. */
async function meets(world: HttpWorld, fault: Omit<Fault, "times" | "on">) {
  for (const operation of operations(world)) {
    world.scene.fault = { on: "change", times: 1, ...fault };
    try {
      await settled(operate(world, operation), operation);
    } catch (error) {
      assert.ok(isCertwrightError(error), `${operation} must end in success or a typed error, not ${error}`);
      assert.ok(
        error.retryable || isUncertain(error),
        `${operation} failed with ${error.code}, which must be retryable`,
      );
      await settled(operate(world, operation), `${operation}, the second time`);
    }
    assert.equal(world.scene.fault?.times ?? 0, 0, `no request of ${operation} has met the fault`);
    const expected = operation === "add" ? [value] : [];
    assertValues(await world.read(`${name}.${world.zone}`), expected, `after ${operation}`);
  }
}

/** What makes requests; where the API cannot remove, only adding does. */
const operations = ({ traits }: HttpWorld) => (removes(traits) ? (["add", "remove"] as const) : (["add"] as const));

const isUncertain = (error: object) => "uncertain" in error && error.uncertain === true;

/** What a network may do to a request. */
export const networkCases: readonly Case[] = [
  {
    name: "no answer to a write that was not done",
    needs: "http",
    run: (world) => meets(world, { act: "timeout" }),
  },
  {
    name: "the connection is cut before the write",
    needs: "http",
    run: (world) => meets(world, { act: "cut" }),
  },
  {
    name: "the connection is cut after the write: no duplicate, nothing left",
    needs: "http",
    run: (world) => meets(world, { act: "cutAfter" }),
  },
  {
    name: "an API that never answers is an error in the end",
    needs: "http",
    async run(world) {
      world.scene.fault = { on: "any", times: Number.POSITIVE_INFINITY, act: "timeout" };
      const error = await failure(operate(world, "add"), "adding");
      assertCode(error, ["PROVIDER_TIMEOUT", "PROVIDER_UNAVAILABLE", "PROVIDER_FAILED"], "adding");
    },
  },
  {
    name: "the abort signal ends a call at once, and nothing is sent after it",
    needs: "http",
    async run(world) {
      for (const operation of operations(world)) {
        const controller = new AbortController();
        const handle = await world.open({ signal: controller.signal });
        const zone = await zoneOf(world, handle, `${name}.${world.zone}`);
        world.scene.fault = { on: "any", times: Number.POSITIVE_INFINITY, act: "hang" };
        let made = Number.POSITIVE_INFINITY;
        world.scene.onRequest = () => {
          controller.abort();
          made = Math.min(made, world.scene.made);
        };
        await failure(handle[operation]([txt(zone, name, value)]), `${operation} after the abort`);
        assert.ok(controller.signal.aborted, `${operation} made no request`);
        world.scene.onRequest = undefined;
        await failure(handle[operation]([txt(zone, name, value)]), `${operation} once aborted`);
        // What was begun by now is made within a few turns of the loop, however long it then takes to arrive.
        for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
        // One that was being made when the signal came is forgiven.
        assert.ok(world.scene.made <= made + 1, "requests were sent after the abort");
        world.scene.fault = undefined;
      }
    },
  },
];
