import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resultOf, runMain } from "./cli-process.ts";
import { before, type Dataplane, password, startDataplane, startNode, user } from "./dataplane-fixture.ts";
import { storeCertificates } from "./fleet-fixture.ts";
import { ca, contentOf, served } from "./haproxy-fixture.ts";

let nodes: readonly Awaited<ReturnType<typeof startNode>>[] = [];
let api: Dataplane;
let dir = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "certwright-dataplane-"));
  nodes = await Promise.all([startNode("3.2"), startNode("2.6")]);
  const [first] = nodes;
  if (first === undefined) throw new Error("no node");
  api = await startDataplane(first);
  await writeFile(join(dir, "password"), `${password}\n`, { mode: 0o600 });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await Promise.all(nodes.map((node) => node.stop()));
  await rm(dir, { recursive: true, force: true });
});

const names = ["list.test", "file.test"];
const issue = () => names.map((name) => ca.issue({ names: [name] }));
const certwright = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runMain(
    args,
    { PATH: process.env.PATH ?? "", HOME: dir, CERTWRIGHT_STATE: join(dir, "state"), ...env },
    dir,
    undefined,
  );
const shown = () =>
  Promise.all(nodes.flatMap(({ ports }) => [served(ports.list, "list.test"), served(ports.file, "file.test")]));

/** One node through its API, and one over its socket, in a fleet; and the former as a target. */
async function configure(secret: string): Promise<string> {
  const [first, second] = nodes;
  const url = /dataplane:(https:\/\/)[^@]*@([^?]*)/.exec(api.target());
  const file = join(dir, "certwright.yaml");
  const access = `user: ${user}, password: ${secret}, ca: ${first?.dir}/api/ca.pem`;
  const certificates = names.map((name) => `  ${name}: { names: [${name}], deploy: [both], challenges: [http-01] }`);
  await writeFile(
    file,
    `cas: { letsencrypt-staging: {} }
targets:
  one: { dataplane: { url: "${url?.[1]}${url?.[2]}", ${access} }, check: ["127.0.0.1:${first?.ports.list}"] }
fleets:
  both:
    nodes: ["dataplane:${url?.[1]}${url?.[2]}", "${second?.adminSocket}"]
    dataplane: { ${access} }
certificates:
${certificates.join("\n")}
`,
  );
  return file;
}

test("a fleet with a node behind an API: drift, push, status, and a node's target of its own", async () => {
  const renewed = issue();
  await storeCertificates(dir, renewed);
  const config = ["--config", await configure(`{ command: [cat, ${join(dir, "password")}] }`)];

  const drift = await certwright(["fleet", "drift", "--json", ...config]);
  expect(drift.code, drift.stderr + drift.stdout).toBe(3);
  expect(resultOf(drift)).toMatchObject({ differing: 4, notAsked: 0 });
  const ofApi = resultOf(drift).drift.filter(({ node }: { node: string }) => node.startsWith("dataplane:"));
  expect(ofApi).toMatchObject(
    [
      { certificate: "list.test", disk: { kind: "other" }, memory: { kind: "other" } },
      { certificate: "file.test", disk: { kind: "unknown" }, memory: { kind: "other" } },
    ].sort((a, b) => a.certificate.localeCompare(b.certificate)),
  );

  const push = await certwright(["fleet", "push", ...config]);
  expect(push, push.stderr).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("both: 2 certificates on 2 nodes"),
  });
  expect(push.stdout + push.stderr).not.toContain(password);
  expect(await shown()).toEqual([...renewed, ...renewed].map(({ fingerprint256 }) => fingerprint256));
  expect(await contentOf(`${nodes[0]?.dir}/ssl/listed.pem`)).toBe(renewed[0]?.pem);

  const after = await certwright(["fleet", "drift", ...config]);
  expect(after, after.stdout).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("4 of 4 as in the store, 0 differ"),
  });
  const status = await certwright(["fleet", "status", ...config]);
  expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining("4 of 4 as they should be") });

  const [again] = issue();
  await storeCertificates(dir, again ? [again] : []);
  const deploy = await certwright(["deploy", "list.test", "one", "--json", ...config]);
  expect(deploy.code, deploy.stdout + deploy.stderr).toBe(0);
  const [target] = resultOf(deploy).targets;
  expect(target).toMatchObject({ ok: true, action: "updated", served: true });
  expect(target.target).toContain("password=config:one");
  expect(await served(nodes[0]?.ports.list, "list.test")).toBe(again?.fingerprint256);
});

test("an API on the command line: the password comes from the environment, and nothing else shows it", async () => {
  const [renewed] = issue();
  await storeCertificates(dir, renewed ? [renewed] : []);
  const deploy = (env: Readonly<Record<string, string>>) =>
    certwright(["deploy", "list.test", api.target(), "--json"], env);

  const wrong = await deploy({ CERTWRIGHT_DATAPLANE_PASSWORD: "swordfish" });
  expect(wrong.code).toBe(3);
  expect(wrong.stdout).toContain("HAPROXY_API_DENIED");
  expect(wrong.stdout + wrong.stderr).not.toContain("swordfish");
  expect(await served(nodes[0]?.ports.list, "list.test")).not.toBe(renewed?.fingerprint256);

  expect(await deploy({ CERTWRIGHT_DATAPLANE_PASSWORD_FILE: join(dir, "password") })).toMatchObject({ code: 0 });
  expect(await served(nodes[0]?.ports.list, "list.test")).toBe(renewed?.fingerprint256);
});

test("a node that is down: told, and tried again", async () => {
  await storeCertificates(dir, [before.list]);
  const down = ["--node", "dataplane:http://127.0.0.1:1", "--json"];
  const push = await certwright(["fleet", "push", "list.test", ...down]);
  expect(push.code).toBe(3);
  expect(push.stdout).toContain("HAPROXY_UNREACHABLE");
  const drift = await certwright(["fleet", "drift", "list.test", ...down]);
  expect(drift.code).toBe(1);
  expect(resultOf(drift).drift[0]).toMatchObject({ memory: { kind: "unknown" } });
});
