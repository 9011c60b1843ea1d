import { fileStore } from "@certwright/core/store";
import { findNodes } from "@certwright/haproxy";
import { describe, expect, it } from "vitest";
import { createSecrets } from "../reporter/secrets.ts";
import { testContext } from "../testing/fake-context.ts";
import { createFleetWorld } from "./fleet-world.ts";

describe("a program that tells the nodes of a fleet", () => {
  const context = testContext({ env: { PATH: process.env.PATH ?? "" } });
  const world = createFleetWorld(
    { context, secrets: createSecrets(), emit: () => {} },
    fileStore("/nowhere", { now: Date.now, warn: () => {} }),
    undefined,
  );
  const nodesOf = (script: string, timeoutMs = 10_000) =>
    findNodes(
      { kind: "command", argv: ["/bin/sh", "-c", script], timeoutMs, targetOf: (it) => `haproxy:${it}` },
      world,
    );

  it("may print thousands", async () => {
    const nodes = await nodesOf(
      'i=0; while [ $i -lt 3000 ]; do echo "/run/some/long/directory/$i.sock"; i=$((i+1)); done',
    );
    expect(nodes.map(({ id }) => id).slice(-2)).toEqual(
      [2998, 2999].map((each) => `/run/some/long/directory/${each}.sock`),
    );
  });

  it.each([
    ["prints nothing", ":", "HAPROXY_FLEET_NODES"],
    ["prints blanks and comments", "printf '\\n  \\n# none\\n'", "HAPROXY_FLEET_NODES"],
    ["prints bytes that are no text", "printf '\\377\\376/run\\000'", "HAPROXY_NODE_ADDRESS"],
    // Of the last line that came nobody knows whether it is whole, nor what would have followed.
    ["prints more than is read", "yes /run/a.sock | head -c 2000000", "HAPROXY_FLEET_NODES"],
    ["fails after the first", "echo /run/a.sock; exit 3", "HAPROXY_FLEET_NODES"],
    ["is not there", "exec /nowhere/program", "HAPROXY_FLEET_NODES"],
  ])("is no source where it %s", async (_, script, code) => {
    await expect(nodesOf(script)).rejects.toMatchObject({ code });
  });

  it("is ended where it never ends, although it has told a node", async () => {
    await expect(nodesOf("echo /run/a.sock; exec sleep 600", 100)).rejects.toMatchObject({
      code: "HAPROXY_FLEET_NODES",
      message: expect.stringContaining("did not end within"),
    });
  });
});
