import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestCertificate } from "@certwright/tools/test-ca";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resultOf, runMain } from "./cli-process.ts";
import { fingerprintAt, issueAll, startNode, storeCertificates } from "./fleet-fixture.ts";
import { ca } from "./haproxy-fixture.ts";

const names = ["n0.fleet.test", "n1.fleet.test"];
let nodes: readonly Awaited<ReturnType<typeof startNode>>[] = [];
let dir = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "certwright-fleet-"));
  const before = issueAll(ca, names.length);
  nodes = await Promise.all([0, 1].map(() => startNode(before)));
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await rm(dir, { recursive: true, force: true });
});

const store = (certificates: readonly TestCertificate[]) => storeCertificates(dir, certificates);
const certwright = (...args: string[]) =>
  runMain(args, { PATH: process.env.PATH ?? "", HOME: dir, CERTWRIGHT_STATE: join(dir, "state") }, dir, undefined);
const address = (index: number) => {
  const node = nodes[index];
  return `haproxy:${node?.adminSocket}?check=127.0.0.1:${node?.ports.web}`;
};
const bothNodes = () => [0, 1].flatMap((index) => ["--node", address(index)]);
const shown = () => Promise.all(nodes.map(({ ports }) => fingerprintAt(ports.web ?? 0, names[0] ?? "")));

describe("nodes on the command line", () => {
  test("drift, push, drift, status", async () => {
    const renewed = issueAll(ca, names.length);
    await store(renewed);

    const drift = await certwright("fleet", "drift", "--json", ...bothNodes());
    expect(drift.code).toBe(3);
    expect(resultOf(drift)).toMatchObject({ differing: 4, notAsked: 0 });
    expect(resultOf(drift).drift[0]).toMatchObject({
      disk: { kind: "other" },
      memory: { kind: "other" },
      handshake: { kind: "other" },
    });

    const push = await certwright("fleet", "push", ...bothNodes());
    expect(push).toMatchObject({ code: 0, stderr: "" });
    expect(push.stdout).toContain("nodes: 2 certificates on 2 nodes");
    expect(await shown()).toEqual(nodes.map(() => renewed[0]?.fingerprint256));

    const after = await certwright("fleet", "drift", ...bothNodes());
    expect(after).toMatchObject({ code: 0, stdout: expect.stringContaining("4 of 4 as in the store, 0 differ") });

    const status = await certwright("fleet", "status", ...bothNodes());
    expect(status.code).toBe(0);
    expect(status.stdout).toContain("4 of 4 as they should be");
    expect(status.stdout).toContain(renewed[0]?.fingerprint256.slice(0, 12));
  });

  test("drift tells disk from memory", async () => {
    const [node] = nodes;
    const other = ca.issue({ names: [names[0] ?? ""] });
    await writeFile(`${node?.dir}/certs/${names[0]}.pem`, other.pem);
    const drift = await certwright("fleet", "drift", names[0] ?? "", "--late", "--json", ...bothNodes());
    expect(drift.code).toBe(3);
    expect(resultOf(drift).drift).toMatchObject([
      { node: node?.adminSocket, disk: { kind: "other" }, memory: { kind: "same" }, handshake: { kind: "same" } },
    ]);
    expect((await certwright("fleet", "push", ...bothNodes())).code).toBe(0);
    expect((await certwright("fleet", "drift", ...bothNodes())).code).toBe(0);
  });

  test("a node that is down: exit code 3, told why and when again", async () => {
    const down = ["--node", "haproxy:/nowhere/admin.sock"];
    const renewed = issueAll(ca, names.length);
    await store(renewed);
    const push = await certwright("fleet", "push", "--json", "--quorum", "2", ...bothNodes(), ...down);
    expect(push.code).toBe(3);
    expect(resultOf(push).fleets[0]).toMatchObject({
      lacking: { [names[0] ?? ""]: ["/nowhere/admin.sock"] },
      policy: { kind: "quorum", nodes: 2, content: true },
    });
    expect(await shown()).toEqual(nodes.map(() => renewed[0]?.fingerprint256));

    const status = await certwright("fleet", "status", "--late", "--json", ...bothNodes(), ...down);
    expect(status.code).toBe(3);
    expect(resultOf(status).rows).toHaveLength(2);
    expect(resultOf(status).rows[0]).toMatchObject({
      node: "/nowhere/admin.sock",
      standing: "late",
      failures: 1,
      lastError: { code: "HAPROXY_SOCKET_MISSING" },
    });

    const drift = await certwright("fleet", "drift", ...bothNodes(), ...down);
    expect(drift).toMatchObject({ code: 1, stdout: expect.stringContaining("2 could not be asked") });
  });
});

test("a fleet of the configuration, by its label, through fleet and deploy", async () => {
  const renewed = issueAll(ca, names.length);
  await store(renewed);
  const file = join(dir, "fleet.yaml");
  const certificates = names.map((name) => `  ${name}: { names: [${name}], deploy: [edge], challenges: [http-01] }`);
  await writeFile(
    file,
    `cas: { letsencrypt-staging: {} }
fleets:
  edge:
    nodes: [${nodes.map(({ adminSocket }) => adminSocket).join(", ")}]
    policy: quorum
    quorum: 50%
certificates:
${certificates.join("\n")}
`,
  );
  const push = await certwright("fleet", "push", "--config", file, names[1] ?? "");
  expect(push, push.stderr).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("edge: 1 certificate on 2 nodes"),
  });
  const deploy = await certwright("deploy", names[0] ?? "", "edge", "--config", file, "--json");
  expect(deploy.code).toBe(0);
  expect(resultOf(deploy).targets[0]).toMatchObject({ target: "fleet:edge", ok: true, action: "updated" });
  expect(await shown()).toEqual(nodes.map(() => renewed[0]?.fingerprint256));
  const status = await certwright("fleet", "status", "--config", file);
  expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining("4 of 4 as they should be") });

  const grown = (await readFile(file, "utf8")).replace("nodes: [", "nodes: [/run/new.sock, ");
  await writeFile(file, grown);
  const late = await certwright("fleet", "status", "--config", file, "--late");
  expect(late).toMatchObject({ code: 3, stdout: expect.stringContaining("4 of 6 as they should be") });
  expect(late.stdout.match(/^edge +\/run\/new\.sock .* never pushed$/gm)).toHaveLength(2);
});

test("a dry run of a certificate that is named: what each node and program would come to, and nothing is changed", async () => {
  const [first = ""] = names;
  const before = await shown();
  const file = join(dir, "dry-run.yaml");
  const sockets = nodes.map(({ adminSocket }) => adminSocket);
  // Nobody is asked: the CA's port is closed, and the program would leave a mark.
  const configOf = (nodes: readonly string[], exec: readonly string[]) => ({
    cas: { none: { url: "https://127.0.0.1:1/directory" } },
    targets: { mark: { exec } },
    fleets: { edge: { nodes, policy: "quorum", quorum: "50%" } },
    certificates: {
      new: { names: [first], deploy: ["edge", "mark"], challenges: [{ type: "http-01", webroot: dir }] },
    },
  });
  const dryRun = async (nodes: readonly string[], exec: readonly string[], ...flags: string[]) => {
    await writeFile(file, JSON.stringify(configOf(nodes, exec)));
    return await certwright("renew", "new", "--dry-run", "--config", file, ...flags);
  };
  const mark = join(dir, "mark");
  const fine = await dryRun([...sockets, "/nowhere/admin.sock"], ["touch", mark]);
  expect(fine, fine.stderr).toMatchObject({ code: 0 });
  for (const { dir } of nodes) {
    expect(fine.stdout).toContain(`${dir}/admin.sock would replace ${dir}/certs/${first}.pem (valid until `);
  }
  expect(fine.stdout).toContain("; /nowhere/admin.sock would fail: HAPROXY_SOCKET_MISSING: ");
  expect(fine.stdout).toMatch(/: exec:mark: would run \/\S*bin\/touch$/m);

  const bad = await dryRun(["/nowhere/a.sock", "/nowhere/b.sock"], [file, mark], "--json");
  expect(bad.code).toBe(1);
  const [{ foreseen }] = resultOf(bad).certificates;
  expect(foreseen).toMatchObject([
    { target: "fleet:edge", ok: false, error: { code: "HAPROXY_FLEET_INCOMPLETE" } },
    { ok: false, error: { code: "PROGRAM_NOT_EXECUTABLE", message: expect.stringContaining(file) } },
  ]);
  await expect(stat(mark)).rejects.toMatchObject({ code: "ENOENT" });
  expect(await shown()).toEqual(before);
  expect((await certwright("plan", "new", "--config", file)).stdout).not.toContain("HAPROXY_");
});
