import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryState, memoryStore } from "@certwright/core/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSecrets } from "../reporter/secrets.ts";
import { testContext } from "../testing/fake-context.ts";
import { createParts } from "./create-parts.ts";
import { openDnsBinding } from "./dns-binding.ts";
import { readListenAddress } from "./listen-address.ts";
import { createProviderHost } from "./provider-host.ts";
import { openTarget } from "./target.ts";

const emit = (): void => undefined;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "certwright-parts-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** A provider that keeps its records in its options' list, and refuses once the signal of its context is aborted. */
const source = `
export const records = [];
export default {
  id: "mine", name: "Mine", website: "https://mine.test", docs: "https://mine.test", apiVersion: 1,
  options: {
    token: { description: "t", env: ["MINE_TOKEN"], secret: true },
    region: { description: "r", env: ["MINE_REGION"], optional: true },
  },
  traits: { granularity: "record" }, permissions: "All.", tested: { by: "contract", against: "x", on: "2026-11-01" },
  create: ({ token, region }, { signal }) => ({
    add: async ({ fqdn, value }) => { signal.throwIfAborted(); records.push([token, region, fqdn, value].join(" ")); },
    remove: async () => { signal.throwIfAborted(); records.length = 0; },
  }),
};`;

const zone = { name: "a.test", id: "a.test" };
const record = { zone, name: "x", fqdn: "x.a.test", value: "v", ttl: 60 };

describe("openDnsBinding", () => {
  it("reads options from everywhere, masks the secret ones, and opens the provider", async () => {
    const path = join(dir, "mine.mjs");
    await writeFile(path, source);
    await writeFile(join(dir, "token"), "t0ken-value\n");
    const secrets = createSecrets();
    const context = testContext({ cwd: dir, env: { MINE_TOKEN_FILE: join(dir, "token") } });
    const way = { type: "dns-01", provider: "./mine.mjs", options: { region: "eu" }, zone: "a.test=7" } as const;
    const { handle, zone: pinned } = await openDnsBinding(way, { context, secrets, emit });
    await handle.add([record]);
    const { records } = await import(path);
    expect(records).toEqual(["t0ken-value eu x.a.test v"]);
    expect(pinned).toEqual({ name: "a.test", id: "7" });
    expect(secrets.mask("t0ken-value")).toBe("[secret]");
  });

  it("tells each request of a provider, without query and secrets", async () => {
    const calls = `export default {
  id: "calls", name: "Calls", website: "https://mine.test", docs: "https://mine.test", apiVersion: 1,
  endpoint: "https://api.mine.test", options: { token: { description: "t", env: ["MINE_TOKEN"], secret: true } },
  traits: { granularity: "record" }, permissions: "All.", tested: { by: "contract", against: "x", on: "2026-11-01" },
  create: ({ token }, { http }) => ({
    add: async () => void (await http({ bearer: token }).post("/" + token + "/records", {}, { query: { token } })),
    remove: async () => undefined,
  }),
};`;
    await writeFile(join(dir, "calls.mjs"), calls);
    const told: object[] = [];
    const context = testContext({
      cwd: dir,
      env: { MINE_TOKEN: "t0ken-value" },
      fetch: async () => new Response("{}", { status: 201 }),
    });
    const surroundings = { context, secrets: createSecrets(), emit: (event: object) => void told.push(event) };
    const { handle } = await openDnsBinding({ type: "dns-01", provider: "./calls.mjs" }, surroundings);
    await handle.add([record]);
    expect(told).toEqual([
      {
        type: "provider.request",
        provider: "./calls.mjs",
        method: "POST",
        url: "https://api.mine.test/***/records",
        status: 201,
        tries: 1,
        ms: expect.any(Number),
      },
    ]);
  });

  it("reads a credential anew once the API does not take it any more", async () => {
    const calls = `export default {
  id: "calls", name: "Calls", website: "https://mine.test", docs: "https://mine.test", apiVersion: 1,
  endpoint: "https://api.mine.test", options: { token: { description: "t", env: ["MINE_TOKEN"], secret: true } },
  traits: { granularity: "record" }, permissions: "All.", tested: { by: "contract", against: "x", on: "2026-11-01" },
  create: ({ token }, { http }) => ({
    add: async () => void (await http({ bearer: token }).post("/records", {})),
    remove: async () => undefined,
  }),
};`;
    await writeFile(join(dir, "rotated.mjs"), calls);
    let accepted = "first-token";
    const sent: (string | null)[] = [];
    const context = testContext({
      cwd: dir,
      env: { MINE_TOKEN_FILE: join(dir, "token") },
      fetch: async (_, init) => {
        const given = new Headers(init?.headers).get("authorization");
        sent.push(given);
        return new Response("{}", { status: given === `Bearer ${accepted}` ? 201 : 401 });
      },
    });
    const store = memoryStore(memoryState());
    const parts = createParts({ context, secrets: createSecrets(), emit }, { acceptTerms: false, store });
    const add = async () =>
      (await parts.dnsBinding({ type: "dns-01", provider: "./rotated.mjs" })).handle.add([record]);
    await writeFile(join(dir, "token"), "first-token\n");
    await add();
    accepted = "second-token";
    await writeFile(join(dir, "token"), "second-token\n");
    await expect(add()).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
    await add();
    await add();
    expect(sent).toEqual(["first", "first", "second", "second"].map((which) => `Bearer ${which}-token`));
  });

  it("sees zones that come, and never writes beside the handle before", async () => {
    const changing = `export const state = { zones: [], writing: 0, most: 0, gate: undefined };
export default {
  id: "zones", name: "Zones", website: "https://mine.test", docs: "https://mine.test", apiVersion: 1,
  options: {}, traits: { granularity: "recordSet", concurrency: "zone" },
  permissions: "All.", tested: { by: "contract", against: "x", on: "2026-11-01" },
  create: () => ({
    zones: async () => state.zones,
    get: async () => [],
    set: async () => {
      state.writing += 1;
      state.most = Math.max(state.most, state.writing);
      await state.gate;
      state.writing -= 1;
    },
  }),
};`;
    await writeFile(join(dir, "zones.mjs"), changing);
    const { state } = await import(join(dir, "zones.mjs"));
    const context = testContext({ cwd: dir });
    const store = memoryStore(memoryState());
    const parts = createParts({ context, secrets: createSecrets(), emit }, { acceptTerms: false, store });
    const open = async () => (await parts.dnsBinding({ type: "dns-01", provider: "./zones.mjs" })).handle;
    const find = async () => await (await open()).findZone("x.a.test", ["x.a.test", "a.test"]);
    expect(await find()).toBeUndefined();
    state.zones = [zone];
    expect(await find()).toBeUndefined();
    const before = await open();
    context.pass(600_001);
    expect(await find()).toEqual(zone);

    const gate = Promise.withResolvers<void>();
    state.gate = gate.promise;
    const writes = [before, await open()].map((handle) => handle.add([record]));
    await new Promise((resolve) => setImmediate(resolve));
    gate.resolve();
    await Promise.all(writes);
    expect(state).toMatchObject({ writing: 0, most: 1 });
  });

  it("removes after Ctrl-C, under the signal of clean-up", async () => {
    await writeFile(join(dir, "later.mjs"), source);
    const context = testContext({ cwd: dir, env: { MINE_TOKEN: "t0ken-value" } });
    const { handle, reopen } = await openDnsBinding(
      { type: "dns-01", provider: "./later.mjs" },
      { context, secrets: createSecrets(), emit },
    );
    context.interrupt();
    // A write under way is let end (`afterGrace`), so that clean-up removes what is really there.
    await handle.add([record]);
    expect((await import(join(dir, "later.mjs"))).records).toHaveLength(1);
    await (await reopen(new AbortController().signal)).remove([record]);
    expect((await import(join(dir, "later.mjs"))).records).toEqual([]);
  });

  it("refuses a secret in the clear, and never shows it", async () => {
    await writeFile(join(dir, "clear.mjs"), source);
    const secrets = createSecrets();
    const way = { type: "dns-01", provider: "./clear.mjs", options: { token: "hunter22" } } as const;
    await expect(openDnsBinding(way, { context: testContext({ cwd: dir }), secrets, emit })).rejects.toMatchObject({
      code: "CLI_SECRET_IN_CLEAR",
      message: "token is a secret, and must not be given in the clear",
      hint: expect.stringMatching(/set MINE_TOKEN, or set MINE_TOKEN_FILE.*token=file:/),
    });
    expect(secrets.mask("hunter22")).toBe("[secret]");
  });

  it("names every option that is missing or unknown", async () => {
    await writeFile(join(dir, "bare.mjs"), source);
    const way = { type: "dns-01", provider: "./bare.mjs", options: { regoin: "eu" } } as const;
    await expect(
      openDnsBinding(way, { context: testContext({ cwd: dir }), secrets: createSecrets(), emit }),
    ).rejects.toMatchObject({
      code: "PROVIDER_OPTIONS",
      message: expect.stringMatching(/regoin.*token is missing|token is missing.*regoin/),
      hint: expect.stringMatching(/MINE_TOKEN/),
    });
  });
});

it("waits for no program that one of a provider left behind, whatever that has open", async () => {
  const context = testContext({ env: { PATH: process.env.PATH ?? "" } });
  const { signal } = new AbortController();
  const { run } = createProviderHost({ context, secrets: createSecrets(), emit }, signal);
  const done = join(dir, "done");
  // In a session of its own, so that no signal to the group reaches it, with both streams open.
  const left = `setsid sh -c 'while [ ! -e "${done}" ]; do sleep 0.1; done' &`;
  try {
    const argv = ["/bin/sh", "-c", `${left} exit 7`] as const;
    expect(await run?.(argv, { env: {}, timeoutMs: 30_000, signal })).toMatchObject({ exitCode: 7 });
  } finally {
    await writeFile(done, "");
  }
});

it("gives a program of a provider what it is given, and nothing of ours but how to find others", async () => {
  const context = testContext({ env: { PATH: "/usr/bin:/bin", MINE_TOKEN: "hunter22" } });
  const { signal } = new AbortController();
  const { run } = createProviderHost({ context, secrets: createSecrets(), emit }, signal);
  const argv = ["/bin/sh", "-c", "cat; env | grep -E '^(PATH|NAME|MINE)'; echo no >&2; exit 7"] as const;
  expect(await run?.(argv, { env: { NAME: "value" }, stdin: "typed ", timeoutMs: 10_000, signal })).toEqual({
    exitCode: 7,
    stdout: expect.stringMatching(/^typed (PATH=\/usr\/bin:\/bin\nNAME=value|NAME=value\nPATH=\/usr\/bin:\/bin)\n$/),
    stderr: "no\n",
  });
});

describe("openTarget", () => {
  const none = () => Promise.reject(new Error("no node is reached in this test"));
  const secretless = { password: none, key: none, connect: none, exported: none };
  const open = (id: string) => openTarget(id, secretless);
  it("knows haproxy, and says what else was meant", () => {
    expect(open("haproxy:/run/haproxy/admin.sock").id).toBe("haproxy:/run/haproxy/admin.sock");
    const unknown = (hint: RegExp) =>
      expect.objectContaining({ code: "CLI_TARGET_UNKNOWN", hint: expect.stringMatching(hint) });
    expect(() => open("haporxy:/run/a.sock")).toThrow(unknown(/Did you mean haproxy/));
    expect(() => open("/run/a.sock")).toThrow(unknown(/begin with their kind/));
    expect(() => open("haproxy:nowhere")).toThrow(expect.objectContaining({ code: "HAPROXY_NODE_ADDRESS" }));
  });
});

describe("readListenAddress", () => {
  it.each([
    ["80", { port: 80 }],
    [":8080", { port: 8080 }],
    ["127.0.0.1:80", { host: "127.0.0.1", port: 80 }],
    ["[::1]:80", { host: "::1", port: 80 }],
    ["localhost:80", { host: "localhost", port: 80 }],
  ])("%s", (text, expected) => {
    expect(readListenAddress(text)).toEqual(expected);
  });

  it.each(["", "0", "65536", "::1:80", "[x]:80", "host:", "http://x:80"])("refuses %j", (text) => {
    expect(() => readListenAddress(text)).toThrow(expect.objectContaining({ code: "CLI_USAGE" }));
  });
});
