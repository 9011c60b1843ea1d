import assert from "node:assert/strict";
import { answer } from "../answer.ts";
import { failure } from "../expect.ts";
import { challengeValue } from "../fixture.ts";
import { assertNoSecret } from "../secrets.ts";
import { txt, zoneOf } from "../world.ts";
import type { Case } from "./case.ts";

const name = "_acme-challenge.safe";
const value = challengeValue("safe");

/** What a provider must never do, tried on purpose; the kit watches for the same in every other case. */
export const safetyCases: readonly Case[] = [
  {
    name: "an API that repeats the credentials in its errors gives nothing away",
    needs: "http",
    async run(world) {
      for (const status of [400, 401, 500]) {
        const message = `${world.planted.join(" and ")} are not good enough`;
        world.scene.fault = {
          on: "any",
          times: Number.POSITIVE_INFINITY,
          act: (request) => answer(status, { message, error: message, errors: [{ message }], got: request.headers }),
        };
        const add = async () => {
          const handle = await world.open();
          const zone = await zoneOf(world, handle, `${name}.${world.zone}`);
          await handle.add([txt(zone, name, value)]);
        };
        const error = await failure(add(), `adding, answered with ${status}`);
        assertNoSecret(error, world.secrets, "an error");
      }
    },
  },
  {
    name: "only declared hosts are called",
    needs: "http",
    async run(world) {
      const handle = await world.open();
      const zone = await zoneOf(world, handle, `${name}.${world.zone}`);
      await handle.add([txt(zone, name, value)]);
      await handle.remove([txt(zone, name, value)]);
      assert.deepEqual(world.strayHosts, [], "hosts neither the endpoint's nor declared");
      assert.notEqual(world.scene.transcript.length, 0, "the provider never called its endpoint");
    },
  },
];
