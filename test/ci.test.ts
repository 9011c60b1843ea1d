import { randomBytes, randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DnsServer, type Moto, type Pebble, startBind, startMoto, startPebble } from "@certwright/tools/servers";
import { version } from "certwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { identityToken, type Machine, runAction, runPipeline, runWorkflow } from "./ci-runner.ts";

/* What docs/ gives to copy, run as the CI systems run it: each job on an empty machine, state in a bucket. */

const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "packages/cli/src/main.ts");
const workflow = join(root, "docs/github-action/workflow.yml");
const pipeline = join(root, "docs/gitlab/.gitlab-ci.yml");
const names = ["www.example.test", "example.test"];

let dns: DnsServer;
let ca: Pebble;
let moto: Moto;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "certwright-ci-"));
  [dns, moto] = await Promise.all([startBind({ zones: ["example.test"] }), startMoto()]);
  ca = await startPebble({ dnsServer: dns.address });
});
afterAll(async () => {
  await Promise.all([ca?.stop(), dns?.stop(), moto?.stop()]);
  await rm(dir, { recursive: true });
});

/** A repository with a bucket of its own, and its jobs. */
async function project() {
  const bucket = `certwright-${randomUUID()}`;
  const made = await fetch(`${moto.endpoint}/${bucket}`, { method: "PUT" });
  if (!made.ok) throw new Error(`moto makes no bucket: ${made.status}`);
  const secrets = {
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: `secret-${randomUUID()}`,
    CERTWRIGHT_STATE_KEY: randomBytes(32).toString("base64"),
    DNS_TOKEN: dns.key.secret,
  };
  const deployed = join(dir, `${bucket}-deployed`);
  await writeFile(deployed, "");
  const repository: Readonly<Record<string, string>> = {
    "certwright.yaml": await guideConfig(bucket),
    "deploy/edge": `#!/bin/sh\ntest -s "$RENEWED_LINEAGE/privkey.pem" && echo "$RENEWED_DOMAINS" >> '${deployed}'\n`,
    ".github/actions/certwright/action.yml": await readFile(join(root, "docs/github-action/action.yml"), "utf8"),
  };
  return {
    secrets,
    /** What the deploy program was called for. */
    deployed: async () => (await readFile(deployed, "utf8")).split("\n").filter(Boolean).sort(),
    /** Keys and texts of the bucket. */
    objects: async () => {
      const listing = await (await fetch(`${moto.endpoint}/${bucket}?list-type=2`)).text();
      const keys = [...listing.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = ""]) => key);
      return await Promise.all(keys.map(async (key) => (await fetch(`${moto.endpoint}/${bucket}/${key}`)).text()));
    },
    /** Runs a job on a machine of its own, and looks through what it leaves behind. */
    job: async <T extends { readonly log: string }>(run: (machine: Machine) => Promise<T>) => {
      const machine = await startMachine(repository);
      const ended = await run(machine);
      const left = [ended.log, ...(await textsBelow(dirname(machine.workspace)))].join("\n");
      expect(left.includes("PRIVATE KEY"), "a private key is left").toBe(false);
      for (const [name, secret] of Object.entries(secrets)) {
        if (name !== "AWS_ACCESS_KEY_ID") expect(left.includes(secret), name).toBe(false);
      }
      return {
        ...ended,
        left: await readdir(machine.workspace),
        calls: await readFile(join(machine.temp, "npx"), "utf8"),
      };
    },
  };
}

/** The configuration of docs/guide/ci.md, for the servers there are here. */
async function guideConfig(bucket: string): Promise<string> {
  const guide = await readFile(join(root, "docs/guide/ci.md"), "utf8");
  const [, text = ""] = /```yaml\n(state:.*?)```/s.exec(guide) ?? [];
  const config = parse(text.replaceAll("example.com", "example.test"));
  config.state = { location: `s3://${bucket}/prod`, options: { endpoint: moto.endpoint, region: moto.region } };
  const { name: keyName, algorithm: keyAlgorithm } = dns.key;
  const options = { nameserver: dns.address, keyName, keyAlgorithm, keySecret: config.providers.dns.options.apiToken };
  config.providers.dns = { provider: "rfc2136", options };
  config.cas = { pebble: { url: ca.directoryUrl, caFile: ca.caFile } };
  config.defaults.dns = { resolvers: [dns.address], nameservers: [dns.address] };
  expect(Object.keys(config.certificates)).toEqual(names);
  return stringify(config);
}

/** An empty machine: a checkout, an empty home, an empty folder for what is temporary; `npx` brings this certwright. */
async function startMachine(repository: Readonly<Record<string, string>>): Promise<Machine> {
  const base = await mkdtemp(join(dir, "machine-"));
  const [workspace, home, tmp, temp, bin] = ["workspace", "home", "tmp", "runner", "bin"].map((name) =>
    join(base, name),
  );
  if (!workspace || !home || !tmp || !temp || !bin) throw new Error("no machine");
  for (const folder of [workspace, home, tmp, temp, bin]) await mkdir(folder);
  for (const [path, text] of Object.entries(repository)) {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), text);
  }
  await chmod(join(workspace, "deploy/edge"), 0o755);
  const certwright = join(bin, "certwright");
  await writeFile(certwright, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, { mode: 0o755 });
  const npx = `#!/bin/sh\necho "$*" >> '${temp}/npx'\nshift 3\nexec '${certwright}' "$@"\n`;
  await writeFile(join(bin, "npx"), npx, { mode: 0o755 });
  await writeFile(join(temp, "npx"), "");
  return { workspace, temp, env: { PATH: `${bin}:/usr/bin:/bin`, HOME: home, TMPDIR: tmp } };
}

/** Every file below a folder, as text. */
async function textsBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), "latin1")));
}

async function orders(): Promise<number> {
  return (await ca.requests()).filter(({ path }) => path.startsWith("/order-plz")).length;
}

test("GitHub: two runs of the workflow, each from an empty folder, order once; the page of each says what happened", async () => {
  const { secrets, job, deployed, objects } = await project();
  const before = await orders();
  const first = await job((machine) => runWorkflow(workflow, secrets, machine));
  expect(first.code, first.log).toBe(0);
  expect(first.calls).toBe(`--yes --ignore-scripts certwright@${version} renew --ci github --\n`);
  expect(first.outputs).toEqual({
    renewed: "true",
    names: JSON.stringify(names),
    deployed: "[]",
    "not-deployed": "[]",
    failed: "[]",
    due: "[]",
    next: "",
    "exit-code": "0",
  });
  expect(first.summary).toMatch(/^### Certificates\n\n2 issued\.\n\n/);
  for (const name of names)
    expect(first.summary).toMatch(
      new RegExp(`^\\| issued \\| ${name.replace("www.", "www&#46;")} \\| valid until .* \\| not issued yet \\|$`, "m"),
    );
  expect(first.annotations).toEqual([]);
  expect(first.log).toContain("www.example.test: stored as generation 1");
  expect(first.log).not.toContain("\u001b");
  expect(await orders()).toBe(before + names.length);
  expect(await deployed()).toEqual(["example.test *.example.test", "www.example.test"]);

  const second = await job((machine) => runWorkflow(workflow, secrets, machine));
  expect(second.code, second.log).toBe(0);
  expect(second.outputs).toMatchObject({ renewed: "false", names: "[]", failed: "[]", "exit-code": "0" });
  expect(new Date(second.outputs.next ?? "").getTime()).toBeGreaterThan(Date.now());
  expect(second.summary).toMatch(/^### Certificates\n\n2 not due\.\n\n/);
  expect(await orders()).toBe(before + names.length);
  expect(await deployed()).toHaveLength(2);

  expect(second.left.sort()).toEqual([".github", "certwright.yaml", "deploy"]);
  const kept = await objects();
  expect(kept.length).toBeGreaterThan(5);
  expect(kept.join("\n")).not.toMatch(/PRIVATE KEY/);
});

test("GitHub: the action alone, with a program of one's own; what fails is annotated, and told to later steps", async () => {
  const { secrets, job } = await project();
  const action = ".github/actions/certwright";
  const program = (machine: Machine) => join(dirname(machine.temp), "bin/certwright");
  const planned = await job((machine) =>
    runAction(action, { "dry-run": "true", names: "www.example.test", program: program(machine) }, secrets, machine),
  );
  expect(planned.code, planned.log).toBe(0);
  expect(planned.calls).toBe("");
  expect(planned.outputs).toMatchObject({ renewed: "false", due: '["www.example.test"]', "exit-code": "0" });
  expect(planned.summary).toContain("| due | www&#46;example.test |");

  const wrong = { ...secrets, DNS_TOKEN: randomBytes(32).toString("base64"), CERTWRIGHT_DEBUG: "1" };
  const failed = await job((machine) => runAction(action, { program: program(machine) }, wrong, machine));
  expect(failed.code, failed.log).toBe(1);
  expect(failed.outputs).toMatchObject({ renewed: "false", failed: JSON.stringify(names), "exit-code": "1" });
  expect(failed.summary).toMatch(/\| failed \| example\.test \| .*BADSIG\. Copy the key/);
  expect(failed.log.includes(wrong.DNS_TOKEN)).toBe(false);
  expect(failed.annotations).toHaveLength(2);
  for (const line of failed.annotations) expect(line).toMatch(/^::error title=[A-Z_]+::(www\.)?example\.test: .+%0A.+/);

  const unset = { ...secrets, CERTWRIGHT_STATE_KEY: "" };
  const refused = await job((machine) => runAction(action, { program: program(machine) }, unset, machine));
  expect(refused.code, refused.log).toBe(2);
  expect(refused.outputs).toMatchObject({ renewed: "false", "exit-code": "2" });
  expect(refused.annotations).toEqual([expect.stringContaining("::error title=STORE_SECRET_REFUSED::")]);
  expect(refused.summary).toContain("state key");
});

test("GitLab: two jobs at the same moment, and one after, order once; later jobs hear of it by a report", async () => {
  const { secrets, job, deployed } = await project();
  const before = await orders();
  const run = () => job((machine) => runPipeline(pipeline, secrets, machine));
  const both = await Promise.all([run(), run()]);
  for (const { code, log, calls } of both) {
    expect(code, log).toBe(0);
    expect(calls).toBe(`--yes --ignore-scripts certwright@${version} renew --ci gitlab\n`);
  }
  expect(await orders()).toBe(before + names.length);
  const issued = both.flatMap(({ outputs }) => outputs.CERTWRIGHT_RESULT_NAMES?.split(",") ?? []).filter(Boolean);
  expect(issued.sort()).toEqual(names.toSorted());

  const third = await run();
  expect(third.code, third.log).toBe(0);
  expect(third.outputs).toMatchObject({ CERTWRIGHT_RESULT_RENEWED: "false", CERTWRIGHT_RESULT_EXIT_CODE: "0" });
  expect(third.left.sort()).toEqual([".github", "certwright.env", "certwright.yaml", "deploy"]);
  expect(await orders()).toBe(before + names.length);
  expect(await deployed()).toHaveLength(2);
});

test("GitLab: a job that has no key, and proves by a token who it is", async () => {
  const guide = await readFile(join(root, "docs/guide/ci.md"), "utf8");
  const added = parse(/```yaml\n( {2}id_tokens:.*?)```/s.exec(guide)?.[1] ?? "");
  const { certificates: given } = parse(await readFile(pipeline, "utf8"));
  const variables = { ...given.variables, ...added.variables };
  const file = join(dir, "identity.gitlab-ci.yml");
  await writeFile(file, stringify({ certificates: { ...given, ...added, variables } }));
  const { secrets, job, deployed } = await project();
  const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...others } = secrets;
  const { code, log } = await job((machine) =>
    runPipeline(file, { ...others, AWS_ENDPOINT_URL_STS: moto.endpoint }, machine),
  );
  expect(code, log).toBe(0);
  expect(await deployed()).toEqual(["example.test *.example.test", "www.example.test"]);
  expect(log).not.toContain(identityToken(added.id_tokens.AWS_WEB_IDENTITY_TOKEN.aud));
});

test("what is given to copy pins the version there is", async () => {
  const action = parse(await readFile(join(root, "docs/github-action/action.yml"), "utf8"));
  expect(action.inputs.version.default).toBe(version);
  expect(parse(await readFile(pipeline, "utf8")).certificates.variables.VERSION).toBe(version);
  expect(await readFile(join(root, "docs/guide/ci.md"), "utf8")).toContain(`certwright@${version} `);
});
