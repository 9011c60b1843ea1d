import { parseNode, push } from "@certwright/haproxy";
import { startHaproxy } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import { ca, contentOf, expectNothingOpen, pemOf, served, watching } from "./haproxy-fixture.ts";
import { config, files, other, site, startAgent } from "./node-agent-fixture.ts";

describe.each(["3.2", "2.6"] as const)("HAProxy %s", (version) => {
  test("a push through the agent is live, on disk and verified, in the same process", async () => {
    await using haproxy = await startHaproxy({ version, config, files });
    await using agent = await startAgent(haproxy);
    const pid = await haproxy.workerPid();
    const renewed = ca.issue({ names: ["site.test"] });
    const context = watching();
    const done = await push(parseNode(agent.target), { pem: pemOf(renewed) }, context);
    expect(done).toMatchObject({
      node: `agent://${agent.address}`,
      name: `${haproxy.dir}/site.pem`,
      action: "updated",
      served: true,
      pid,
      files: [`${haproxy.dir}/site.pem`],
    });
    expect(context.events.map(({ type }) => type)).toEqual(["written", "committed", "verified"]);
    expect(await served(haproxy.ports.site, "site.test")).toBe(renewed.fingerprint256);
    expect(await served(haproxy.ports.site, "other.example")).toBe(other.fingerprint256);
    expect(await contentOf(`${haproxy.dir}/site.pem`)).toBe(renewed.pem);
    expect(await haproxy.workerPid()).toBe(pid);
    await expectNothingOpen(haproxy);
    const again = await push(parseNode(agent.target), { pem: pemOf(renewed) }, watching());
    expect(again.action).toBe("unchanged");
    expect(agent.events).toEqual([
      expect.objectContaining({
        type: "deploy.finished",
        detail: expect.stringMatching(/brought by deployer\.test at 127/),
      }),
      expect.objectContaining({ type: "deploy.finished", action: "unchanged" }),
    ]);
    expect(site.pem).not.toBe(renewed.pem);
  });
});
