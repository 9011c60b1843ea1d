import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { ProviderContext } from "./context.ts";
import { CertwrightError, ProviderError } from "./errors.ts";
import type { ProviderHost } from "./host.ts";
import { open, plainHost, txt } from "./testing/open.ts";

const still = { add: async () => {}, remove: async () => {} };

/** The context a provider was made with. */
async function contextOf(
  change: Partial<ProviderHost> = {},
  options: Record<string, unknown> = {},
): Promise<ProviderContext> {
  let context: ProviderContext | undefined;
  await open(
    still,
    {},
    { host: plainHost(change), options: { token: "hunter22", endpoint: "http://127.0.0.1:9/api", ...options } },
    {
      hosts: ["login.acme.example"],
      endpoint: "https://api.acme.example",
      create: (_options, ctx) => {
        context = ctx;
        return still;
      },
    },
  );
  return context as ProviderContext;
}

describe("opening a provider", () => {
  test("refuses another version of the interface, and a shape that is not the promised one", async () => {
    await expect(open(still, {}, {}, { apiVersion: 2 as 1 })).rejects.toMatchObject({ code: "PROVIDER_DEFINITION" });
    await expect(open(still, { granularity: "zone" })).rejects.toMatchObject({ code: "PROVIDER_DEFINITION" });
  });

  test("what create throws is an error of configuring", async () => {
    const opening = open(still, {}, {}, { create: () => Promise.reject(new TypeError("token hunter22 is odd")) });
    await expect(opening).rejects.toMatchObject({
      code: "PROVIDER_FAILED",
      operation: "configure",
      message: "acme failed: token *** is odd",
    });
  });

  test("masks whatever a provider throws, causes too, and keeps its details", async () => {
    const cause = Object.assign(new Error("sent hunter22"), { request: { token: "hunter22" } });
    const handle = await open({
      ...still,
      add: async () => {
        throw new ProviderError("PROVIDER_QUOTA", "full, hunter22", {
          hint: "not hunter22",
          cause,
          retryAfter: 5,
          status: 400,
        });
      },
    });
    const error = await handle.add([txt("a", "1")]).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: "PROVIDER_QUOTA",
      message: "full, ***",
      hint: "not ***",
      retryAfter: 5,
      status: 400,
      provider: "acme",
      operation: "add",
      retryable: true,
    });
    expect(inspect(error, { depth: 9 })).not.toContain("hunter22");
  });

  test("an error of another package keeps what it knows", async () => {
    const error = new CertwrightError("DNS_TIMEOUT", "no answer, hunter22", { hint: "Try later.", retryable: true });
    const handle = await open({ ...still, remove: () => Promise.reject(error) });
    await expect(handle.remove([txt("a", "1")])).rejects.toMatchObject({
      code: "PROVIDER_FAILED",
      message: "acme failed: no answer, ***",
      hint: "Try later.",
      retryable: true,
    });
  });

  test("an abort ends even a call that does not listen, with the reason given", async () => {
    const abort = new AbortController();
    const handle = await open(
      { ...still, add: () => new Promise(() => {}) },
      {},
      { host: plainHost({ signal: abort.signal }) },
    );
    const adding = handle.add([txt("a", "1")]);
    await new Promise(setImmediate);
    abort.abort(new Error("enough"));
    await expect(adding).rejects.toThrow("enough");
    await expect(handle.remove([txt("a", "1")])).rejects.toThrow("enough");
  });

  test("inSync is there where the provider has it", async () => {
    expect((await open(still)).inSync).toBeUndefined();
    const handle = await open({ ...still, inSync: async ({ id }) => id === "z1" });
    expect(await handle.inSync?.({ name: "example.com", id: "z1" })).toBe(true);
  });
});

describe("the context of a provider", () => {
  test("runs programs and asks people only where the host can", async () => {
    const bare = await contextOf();
    await expect(bare.run(["true"])).rejects.toMatchObject({ code: "PROVIDER_UNSUPPORTED" });
    await expect(bare.ask("do it")).rejects.toMatchObject({ code: "PROVIDER_UNSUPPORTED" });
    const seen: unknown[] = [];
    const able = await contextOf({
      run: async (argv, options) => {
        seen.push(argv, { ...options, signal: undefined });
        return { exitCode: 0, stdout: "", stderr: "" };
      },
      ask: async (message) => void seen.push(message),
    });
    await able.run(["prog", "a b"], { env: { X: "1" } });
    await able.ask("put hunter22 there");
    expect(seen).toEqual([["prog", "a b"], { env: { X: "1" }, timeoutMs: 60_000, signal: undefined }, "put *** there"]);
  });

  test("hides what a key file holds", async () => {
    const events: string[] = [];
    const fetch = async () => new Response(null, { status: 204 });
    const context = await contextOf({ fetch, onRequest: ({ url, instance }) => events.push(`${instance} ${url}`) });
    expect(await context.readFile("/key")).toContain("second");
    await context.http().get("/x/a%20line%20of%20a%20key%2C%20long%20enough");
    expect(events).toEqual(["main http://127.0.0.1:9/api/x/***"]);
  });

  test("its fetch reaches declared hosts only, and tells of every request", async () => {
    const events: unknown[] = [];
    const sent: Request[] = [];
    const fetch = async (input: string | URL | Request, init?: RequestInit) => {
      sent.push(new Request(input, init));
      return new Response("ok", { status: 201, headers: { "content-encoding": "identity", "x-a": "1" } });
    };
    const context = await contextOf({
      fetch: fetch as typeof globalThis.fetch,
      onRequest: (event) => events.push(event),
    });
    const response = await context.fetch("https://login.acme.example/t?secret=1", {
      method: "POST",
      body: "b",
      headers: { a: "1" },
    });
    expect([
      response.status,
      response.headers.get("x-a"),
      response.headers.get("content-encoding"),
      await response.text(),
    ]).toEqual([201, "1", null, "ok"]);
    expect([sent[0]?.method, sent[0]?.headers.get("a"), await sent[0]?.text()]).toEqual(["POST", "1", "b"]);
    for (const url of ["https://api.acme.example/", "http://login.acme.example/", "https://elsewhere.example/"])
      await expect(context.fetch(url)).rejects.toMatchObject({ code: "PROVIDER_HOST_NOT_DECLARED", provider: "acme" });
    expect(events[0]).toMatchObject({
      provider: "acme",
      instance: "main",
      method: "POST",
      url: "https://login.acme.example/t",
      status: 201,
      tries: 1,
    });
    expect(events[1]).toMatchObject({ error: "PROVIDER_HOST_NOT_DECLARED" });
    expect(sent).toHaveLength(1);
  });
});
