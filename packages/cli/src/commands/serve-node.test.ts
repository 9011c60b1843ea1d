import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestCa } from "@certwright/tools/test-ca";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommandLine } from "../run.ts";
import { testContext } from "../testing/fake-context.ts";

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "certwright-serve-node-"));
  const ca = createTestCa();
  const { fullchainPem, keyPem } = ca.issue({ names: ["127.0.0.1"] });
  await writeFile(join(cwd, "cert.pem"), fullchainPem);
  await writeFile(join(cwd, "key.pem"), keyPem);
  await writeFile(join(cwd, "ca.pem"), ca.rootPem);
});
afterAll(() => rm(cwd, { recursive: true }));

const listen = ["--listen", "127.0.0.1:1"];
const proof = ["--cert", "cert.pem", "--key", "key.pem", "--client-ca", "ca.pem"];
const name = ["--allow-name", "example.com"];

test.each([
  ["nowhere to listen", [...proof, ...name]],
  ["--client-ca is missing", [...listen, ...proof.slice(0, 4), ...name]],
  ["which names", [...listen, ...proof]],
  ["has a * where none may be", [...listen, ...proof, "--allow-name", "a*.example.com"]],
  ["no socket of this machine", [...listen, ...proof, ...name, "--node", "tcp://127.0.0.1:1"]],
  ["host and a port", [...listen, ...proof, ...name, "--check", "443"]],
  ["does not map", [...listen, ...proof, ...name, "--map", "a:b"]],
  ["cannot be read", [...listen, ...proof.slice(0, 4), "--client-ca", "absent.pem", ...name]],
  ["cannot be used", [...listen, ...proof.slice(0, 4), "--client-ca", "key.pem", ...name]],
  ["--allow-issuer", [...listen, ...proof, ...name, "--allow-issuer", "key.pem"]],
  ["cannot be used", [...listen, "--cert", "cert.pem", "--key", "ca.pem", "--client-ca", "ca.pem", ...name]],
])("%s", async (message, args) => {
  const context = testContext({ cwd });
  expect(await runCommandLine(["haproxy", "serve-node", ...args], context)).toBe(2);
  expect(context.stderr.text()).toContain(message);
});
