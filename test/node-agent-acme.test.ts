import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Effect } from "@certwright/core/store";
import { createHaproxyHttpSolver, openOwnAcme, parseNode } from "@certwright/haproxy";
import { freePort, type Haproxy, startHaproxy } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import { patience, resultOf, startCommand } from "./cli-process.ts";
import { acmeConfig, startNode, zone, zones } from "./haproxy-acme-fixture.ts";
import { defaults, watching } from "./haproxy-fixture.ts";
import { credentials, startAgent, targetOf } from "./node-agent-fixture.ts";

// Pebble asks at a port of its own, which is in what it calls the host.
const rule = `http-request set-header Host %[req.hdr(host),host_only]
    http-request return status 200 content-type text/plain lf-string "%[base,map(virt@acme)]" if { path_beg /.well-known/acme-challenge/ }`;

test("through the commands: http-01 for the names allowed, HAProxy's own ACME for the certificates allowed", async () => {
  const httpPort = await freePort();
  await using command = await startCommand({ httpPort }, zones);
  const frontends = `frontend http
    bind 127.0.0.1:${httpPort}
    ${rule}
frontend https
    bind 127.0.0.1:<port:tls> ssl
    ssl-f-use crt <dir>/www.pem acme LE domains "www.${zone}"
    ssl-f-use crt <dir>/other.pem acme LE domains "other.${zone}"`;
  const options = { globals: "acme.scheduler off" };
  await using haproxy = await startNode(acmeConfig(command, frontends, options), ["www.pem", "other.pem"]);
  const { dir } = haproxy;
  for (const [file, text] of Object.entries(credentials)) await writeFile(join(command.dir, `${file}.pem`), text);
  const port = await freePort();
  const listening = Promise.withResolvers<(signal: NodeJS.Signals) => void>();
  const serving = command.run(
    [
      ...["haproxy", "serve-node", "--json", "--node", haproxy.adminSocket, "--listen", `127.0.0.1:${port}`],
      ...["--cert", "cert.pem", "--key", "key.pem", "--client-ca", "ca.pem", "--allow-name", `www.${zone}`],
      ...["--http-map", "virt@acme", "--allow-renew", "--allow-certificate", `${dir}/www.pem`],
    ],
    {
      onLine: (line, kill) => {
        if (line.includes("agent.listening")) listening.resolve(kill);
      },
    },
  );
  const kill = await Promise.race([listening.promise, serving.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  const target = await targetOf(`127.0.0.1:${port}`, dir);
  // The client's key is in no file: in a variable, or printed by a program that only the configuration names.
  const keyFile = new URL(target).searchParams.get("key") ?? "";
  const env = { NODE_KEY: await readFile(keyFile, "utf8") };
  const inEnv = target.replace(/&key=[^&]*/, "&key=env:NODE_KEY");
  const { searchParams } = new URL(target);
  const tls = { ca: searchParams.get("ca"), cert: searchParams.get("cert"), key: { command: ["/bin/cat", keyFile] } };
  const config = join(command.dir, "certwright.yaml");
  await writeFile(config, JSON.stringify({ targets: { node: { haproxy: `agent://127.0.0.1:${port}`, tls } } }));
  const issue = (name: string) =>
    command.run(["issue", "-d", name, "--http", `haproxy:${inEnv}`, "--no-self-check", "--json"], { env });
  const renew = (...files: string[]) =>
    command.run(["haproxy", "renew", ...files.map((file) => `${dir}/${file}`), "--node", target, "--json"]);
  const [issued, refused, status] = await Promise.all([
    issue(`www.${zone}`),
    issue(`other.${zone}`),
    command.run(["haproxy", "status", "--node", "node", "--config", config, "--json"]),
  ]);
  expect(issued.code, issued.stdout).toBe(0);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain("HAPROXY_AGENT_NAMES");
  expect(await haproxy.command("show map virt@acme")).toBe("\n");
  expect(resultOf(status)).toMatchObject({
    certificates: [{ certificate: `${dir}/www.pem`, section: "LE" }],
    failures: [],
  });
  const renewed = await renew("www.pem", "other.pem");
  expect(renewed.code).toBe(1);
  expect(resultOf(renewed)).toMatchObject({
    certificates: [
      { certificate: `${dir}/www.pem`, outcome: "begun" },
      { certificate: `${dir}/other.pem`, outcome: "failed", message: expect.stringMatching(/^HAPROXY_AGENT_PLACE: /) },
    ],
  });
  await expect.poll(() => haproxy.logs()).toContain(`${dir}/www.pem: Starting update`);
  expect(haproxy.logs()).not.toContain(`${dir}/other.pem: Starting update`);
  kill("SIGTERM");
  const { code, stdout } = await serving;
  expect(code).toBe(0);
  for (const told of ["challenge.presented", "challenge.failed", "deploy.step", "deploy.failed"])
    expect(stdout).toContain(`"type":"${told}"`);
});

describe("an answer to http-01", () => {
  const config = `${defaults}
frontend http
    bind 127.0.0.1:<port:http>
    ${rule}
    http-request return status 404
`;
  const token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
  const keyAuthorization = `${token}.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI`;
  const allow = { names: ["site.test", "*.site.test", "2001:db8::1"], httpMap: "virt@acme" };
  const task = (value: string, of: object = {}) => ({
    ...{ id: value, type: "http-01", identifier: { type: "dns", value }, wildcard: false, accountUrl: "" },
    ...{ token, keyAuthorization, ...of },
  });
  const inMap = async (haproxy: Haproxy) =>
    (await haproxy.command("show map virt@acme")).split("\n").flatMap((line) => line.split(" ").slice(1, 2));
  const answered = async (haproxy: Haproxy, host: string) => {
    const url = `http://127.0.0.1:${haproxy.ports.http}/.well-known/acme-challenge/${token}`;
    const { request } = await import("node:http");
    return new Promise<string>((resolve, reject) => {
      const asking = request(url, { headers: { host }, agent: false }, async (answer) =>
        resolve((await answer.toArray()).join("")),
      );
      asking.on("error", reject).end();
    });
  };
  /** A solver as a run has it, and what is in its journal. */
  const solverFor = (address: string) => {
    const effects: Effect[] = [];
    const journal = {
      record: async (made: readonly Omit<Effect, "id">[]) => {
        const recorded = made.map((each) => ({ ...each, id: String(effects.length) }) as Effect);
        effects.push(...recorded);
        return recorded;
      },
      done: (ids: readonly string[]) =>
        void effects.splice(0, effects.length, ...effects.filter(({ id }) => !ids.includes(id))),
    };
    const nodes = [parseNode(address)];
    return { effects, ...createHaproxyHttpSolver({ nodes, map: "virt@acme", journal, now: Date.now }) };
  };
  const signal = AbortSignal.timeout(patience);

  test("stands under its name alone, until it is withdrawn: by the run, or by one after a run that died", async () => {
    await using haproxy = await startHaproxy({ version: "3.2", config });
    await using agent = await startAgent(haproxy, { allow });
    const solver = solverFor(agent.target);
    const tasks = [task("www.site.test"), task("2001:db8::1")] as never;
    expect(await solver.present(tasks, signal)).toEqual([]);
    for (const host of ["www.site.test", "[2001:db8::1]"]) expect(await answered(haproxy, host)).toBe(keyAuthorization);
    // One of HAProxy's other sites, of which somebody could else prove that it is his.
    for (const host of ["other.example", "site.test", "www.site.test.other.example"])
      expect(await answered(haproxy, host)).toBe("");
    await solver.cleanUp(tasks, signal);
    expect(await inMap(haproxy)).toEqual([]);
    expect(solver.effects).toEqual([]);

    await solver.present(tasks, signal);
    const [left] = solver.effects;
    expect(await solverFor("/no/socket").undo?.(left as Effect, signal)).toBe(true);
    expect(await inMap(haproxy)).toEqual([expect.stringContaining("2001")]);
    expect(agent.events.map(({ type }) => type)).toEqual(Array(4).fill("challenge.presented"));
  });

  test("is taken out after its life, and when the agent is stopped", async () => {
    await using haproxy = await startHaproxy({ version: "3.2", config });
    {
      await using agent = await startAgent(haproxy, { allow });
      await solverFor(agent.target).present([task("site.test")] as never, signal);
      expect(await inMap(haproxy)).toHaveLength(1);
    }
    expect(await inMap(haproxy)).toEqual([]);
    await using hasty = await startAgent(haproxy, { allow, clientLimits: { answers: 1 } });
    await solverFor(hasty.target).present([task("site.test")] as never, signal);
    await expect.poll(() => inMap(haproxy)).toEqual([]);
  });

  test("is not put in for another name, nor without a map, nor where it is no key authorization", async () => {
    await using haproxy = await startHaproxy({ version: "3.2", config });
    await using agent = await startAgent(haproxy, { allow });
    await using plain = await startAgent(haproxy);
    for (const [at, each, code] of [
      [agent, task("other.example"), "HAPROXY_AGENT_NAMES"],
      [agent, task("a.b.site.test"), "HAPROXY_AGENT_NAMES"],
      [plain, task("site.test"), "HAPROXY_AGENT_HTTP"],
      [agent, task("*.site.test"), "HAPROXY_AGENT_REQUEST"],
      [agent, task("SITE.test"), "HAPROXY_AGENT_REQUEST"],
      [agent, task("other.example/x.site.test"), "HAPROXY_AGENT_REQUEST"],
      [
        agent,
        task("site.test", { token: "../x", keyAuthorization: `../x${keyAuthorization}` }),
        "HAPROXY_AGENT_REQUEST",
      ],
      [agent, task("site.test", { keyAuthorization: "<script>" }), "HAPROXY_AGENT_REQUEST"],
      [agent, task("site.test", { keyAuthorization: `${keyAuthorization};show info` }), "HAPROXY_AGENT_REQUEST"],
    ] as const) {
      await expect(solverFor(at.target).present([each] as never, signal)).rejects.toMatchObject({ code });
    }
    expect(await inMap(haproxy)).toEqual([]);
  });
});

test("no order is begun where it was not allowed, and a HAProxy without ACME says so", async () => {
  await using haproxy = await startHaproxy({
    version: "2.6",
    config: `${defaults}\nfrontend f\n    bind 127.0.0.1:<port:f>\n`,
  });
  await using agent = await startAgent(haproxy);
  const acme = await openOwnAcme(parseNode(agent.target), watching());
  await expect(acme.renew("/any.pem")).rejects.toMatchObject({ code: "HAPROXY_AGENT_PLACE" });
  await expect(acme.status()).rejects.toMatchObject({ code: "HAPROXY_ACME_UNSUPPORTED" });
  acme.close();
});
