import { type ManyOutcome, type PushRequest, parseNode, push, pushMany } from "@certwright/haproxy";
import { freePort, startHaproxy } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { ca, contentOf, expectNothingOpen, pemOf, served, watching } from "./haproxy-fixture.ts";
import { config, files, site, spawnAgent, startAgent, targetOf } from "./node-agent-fixture.ts";
import { cutAfter, startProxy } from "./socket-proxy.ts";

const patience = { staleAfter: 300 };

test.each([
  { version: "3.2", command: "new ssl cert certwright.lock" },
  { version: "3.2", command: "commit ssl cert" },
  { version: "2.6", command: "set ssl cert" },
] as const)(
  "HAProxy $version: the agent is killed at $command; the next push ends right",
  async ({ version, command }) => {
    await using haproxy = await startHaproxy({ version, config, files });
    const port = await freePort();
    let kill: (() => Promise<void>) | undefined;
    await using _ = await startProxy(haproxy.adminSocket, `${haproxy.dir}/p.sock`, () => ({
      fromClient: async (chunk) => {
        if (!chunk.includes(command) || kill === undefined) return { pass: chunk };
        const now = kill;
        kill = undefined;
        await now();
        return { pass: chunk };
      },
    }));
    const pid = await haproxy.workerPid();
    const target = parseNode(await targetOf(`127.0.0.1:${port}`, haproxy.dir));
    const renewed = ca.issue({ names: ["site.test"] });
    {
      await using agent = await spawnAgent(`${haproxy.dir}/p.sock`, port);
      kill = agent.kill;
      const once = { ...watching(), limits: { attempts: 1 } };
      await expect(push(target, { pem: pemOf(renewed) }, once)).rejects.toMatchObject({
        code: expect.stringMatching(/^HAPROXY_(UNREACHABLE|CONNECTION_CUT|TLS)$/),
      });
      expect(kill).toBeUndefined();
    }
    const listen = { host: "127.0.0.1", port };
    await using _agent = await startAgent(haproxy, { listen, context: { now: Date.now, limits: patience } });
    expect(await push(target, { pem: pemOf(renewed) }, watching())).toMatchObject({ served: true, pid });
    expect(await served(haproxy.ports.site, "site.test")).toBe(renewed.fingerprint256);
    expect(await contentOf(`${haproxy.dir}/site.pem`)).toBe(renewed.pem);
    await expectNothingOpen(haproxy);
  },
);

test("a conversation that is cut anywhere goes on over another", async () => {
  await using haproxy = await startHaproxy({ version: "3.2", config, files });
  await using agent = await startAgent(haproxy, { context: { now: Date.now, limits: patience } });
  const port = await freePort();
  let interference: Parameters<typeof startProxy>[2] = () => ({});
  let first = 0;
  await using proxy = await startProxy(Number(agent.address.split(":")[1]), port, (number) =>
    number === first ? interference(number) : {},
  );
  const target = parseNode(await targetOf(`127.0.0.1:${port}`, haproxy.dir));
  for (const side of ["fromClient", "fromServer"] as const) {
    for (const bytes of [2_500, 3_500, 4_500, 5_500]) {
      first = proxy.connections() + 1;
      interference = () => ({ [side]: cutAfter(bytes) });
      const renewed = ca.issue({ names: ["site.test"] });
      const context = watching();
      const done = await push(target, { pem: pemOf(renewed) }, context).catch((error: { code: string }) => error.code);
      // Before the agent has said hello nobody knows why it was cut; then nothing was sent either.
      if (done === "HAPROXY_TLS") continue;
      expect(done).toMatchObject({ served: true, fingerprint256: renewed.fingerprint256 });
      expect(await served(haproxy.ports.site, "site.test")).toBe(renewed.fingerprint256);
    }
  }
  await expectNothingOpen(haproxy);
});

test("two clients at once, each with many: none is lost", async () => {
  const count = 100;
  const names = Array.from({ length: count }, (_, index) => `n${index}.site.test`);
  const before = names.map((name) => ca.issue({ names: [name] }));
  await using haproxy = await startHaproxy({
    version: "3.2",
    config: config.replace("crt <dir>/other.pem", "crt <dir>/many"),
    files: { ...files, ...Object.fromEntries(before.map(({ pem }, index) => [`many/${index}.pem`, pem])) },
  });
  await using agent = await startAgent(haproxy, { clients: [] });
  const pid = await haproxy.workerPid();
  const renewed = names.map((name) => ca.issue({ names: [name] }));
  const halves = [renewed.slice(0, count / 2), renewed.slice(count / 2)];
  const outcomes: ManyOutcome[] = [];
  const summaries = await Promise.all(
    halves.map((half, index) => {
      // One names its certificates, the other has them found.
      const requests = half.map((each, at): PushRequest => {
        const certificate = `${haproxy.dir}/many/${at}.pem`;
        return { pem: pemOf(each), ...(index === 0 ? { certificate } : {}) };
      });
      return pushMany(parseNode(agent.target), requests, { ...watching(), onOutcome: (each) => outcomes.push(each) });
    }),
  );
  expect(summaries).toEqual(summaries.map(() => expect.objectContaining({ updated: count / 2, failed: 0 })));
  expect(outcomes).toHaveLength(count);
  for (const [index, name] of names.entries()) {
    expect(await served(haproxy.ports.site, name)).toBe(renewed[index]?.fingerprint256);
    expect(await contentOf(`${haproxy.dir}/many/${index}.pem`)).toBe(renewed[index]?.pem);
  }
  expect(await haproxy.workerPid()).toBe(pid);
  await expectNothingOpen(haproxy);
});

test("an agent that is stopped in the middle leaves nothing open, and says that it was", async () => {
  await using haproxy = await startHaproxy({ version: "3.2", config, files });
  const reached = Promise.withResolvers<void>();
  const wait = Promise.withResolvers<void>();
  await using _ = await startProxy(haproxy.adminSocket, `${haproxy.dir}/p.sock`, (number) => ({
    fromClient: async (chunk) => {
      if (number === 1 && chunk.includes("set ssl cert")) {
        reached.resolve();
        await wait.promise;
      }
      return { pass: chunk };
    },
  }));
  await using agent = await startAgent(haproxy, { node: { kind: "unix", id: "p", path: `${haproxy.dir}/p.sock` } });
  const once = { ...watching(), limits: { attempts: 1 } };
  const pushed = push(parseNode(agent.target), { pem: pemOf(ca.issue({ names: ["site.test"] })) }, once);
  pushed.catch(() => {});
  await reached.promise;
  const closed = agent.close();
  wait.resolve();
  await closed;
  await expect(pushed).rejects.toMatchObject({ code: "HAPROXY_AGENT_STOPPED", retryable: true });
  await expectNothingOpen(haproxy);
  // Either all of it came to its end, or none of it stays.
  const now = await served(haproxy.ports.site, "site.test");
  expect((await contentOf(`${haproxy.dir}/site.pem`)) === site.pem).toBe(now === site.fingerprint256);
});

test.each(["stopped", "killed"] as const)(
  "many pushes go on when their agent was %s and another starts",
  async (how) => {
    await using haproxy = await startHaproxy({ version: "3.2", config, files });
    const port = await freePort();
    const listen = { host: "127.0.0.1", port };
    const reached = Promise.withResolvers<void>();
    const wait = Promise.withResolvers<void>();
    await using _ = await startProxy(haproxy.adminSocket, `${haproxy.dir}/p.sock`, () => ({
      fromClient: async (chunk) => {
        if (chunk.includes("set ssl cert")) {
          reached.resolve();
          await wait.promise;
        }
        return { pass: chunk };
      },
    }));
    const through = { kind: "unix", id: "p", path: `${haproxy.dir}/p.sock` } as const;
    const certificates = [ca.issue({ names: ["site.test"] }), ca.issue({ names: ["other.example"] })];
    const target = parseNode(await targetOf(`127.0.0.1:${port}`, haproxy.dir));
    const limits = { attempts: 1_000 };
    const pushes = () =>
      pushMany(
        target,
        certificates.map((each) => ({ pem: pemOf(each) })),
        { ...watching(), limits },
      );
    let summary: ReturnType<typeof pushes>;
    if (how === "killed") {
      await using agent = await spawnAgent(through.path, port);
      summary = pushes();
      await reached.promise;
      await agent.kill();
    } else {
      await using agent = await startAgent(haproxy, { node: through, listen, allow: { names: ["*"] } });
      summary = pushes();
      await reached.promise;
      const closed = agent.close();
      wait.resolve();
      await closed;
    }
    wait.resolve();
    const next = { listen, allow: { names: ["*"] }, context: { now: Date.now, limits: patience } };
    await using _next = await startAgent(haproxy, next);
    const { updated, unchanged, failed } = await summary;
    expect({ done: updated + unchanged, failed }).toEqual({ done: 2, failed: 0 });
    expect(await served(haproxy.ports.site, "site.test")).toBe(certificates[0]?.fingerprint256);
    expect(await served(haproxy.ports.site, "other.example")).toBe(certificates[1]?.fingerprint256);
    await expectNothingOpen(haproxy);
  },
);

test("an agent whose HAProxy is away answers each, and is there when it is back", async () => {
  await using haproxy = await startHaproxy({ version: "3.2", config, files });
  await using agent = await startAgent(haproxy);
  await haproxy.kill();
  const renewed = [ca.issue({ names: ["site.test"] }), ca.issue({ names: ["www.site.test"] })];
  const codes: unknown[] = [];
  const onOutcome = (each: ManyOutcome) => codes.push(each.kind === "failed" && (each.error as { code: string }).code);
  const requests = [...renewed, ...renewed].map((each) => ({ pem: pemOf(each) }));
  const summary = await pushMany(parseNode(agent.target), requests, { ...watching(), onOutcome });
  expect(summary).toMatchObject({ updated: 0, failed: 4 });
  expect(codes).toEqual(Array(4).fill("HAPROXY_NOT_RUNNING"));
  await haproxy.restart();
  const done = await push(parseNode(agent.target), { pem: pemOf(renewed[0] ?? site) }, watching());
  expect(done).toMatchObject({ action: "updated", served: true });
});
