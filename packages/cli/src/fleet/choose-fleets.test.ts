import { expect, it } from "vitest";
import { runCommandLine } from "../run.ts";
import { testContext } from "../testing/fake-context.ts";

const refusals: readonly [string, readonly string[], RegExp][] = [
  ["no nodes", [], /there is no fleet/],
  ["two ways", ["--node", "/a.sock", "--nodes-dns", "a.test:1"], /in two ways/],
  ["a name without a port", ["--nodes-dns", "a.test"], /--nodes-dns/],
  ["half a client certificate", ["--node", "/a.sock", "--node-ca", "ca.pem"], /three files/],
  ["two names for nodes named here", ["--node", "/a.sock", "--fleet", "a,b"], /one fleet/],
  ["plaintext over the network", ["--node", "tcp://192.0.2.1:9999"], /in the clear/],
  ["a quorum of all", ["--node", "/a.sock", "--quorum", "2", "--policy", "all"], /--policy quorum/],
  ["more than all", ["--node", "/a.sock", "--quorum", "101%"], /--quorum/],
  ["no nodes at a time", ["--node", "/a.sock", "--parallel", "0"], /--parallel/],
];

it.each(refusals)("refuses %s", async (_, args, message) => {
  const context = testContext();
  const code = await runCommandLine(["fleet", "push", ...args, "--state", "/nowhere/state"], context);
  expect(code).toBe(2);
  expect(context.stderr.text()).toMatch(message);
});
