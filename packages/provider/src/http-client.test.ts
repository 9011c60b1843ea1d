import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { ProviderError } from "./errors.ts";
import type { Reply } from "./reply.ts";
import { type Answer, api, client, closeApis, json, raw } from "./testing/api.ts";

afterEach(closeApis);

describe("a call", () => {
  test("sends JSON with headers, credential and query", async () => {
    const { url, seen } = await api(json(200, { id: 7 }));
    const { http, events } = client(url, { bearer: "tok-123", headers: { "X-Extra": "1" }, query: { account: "a b" } });
    const reply = await http.post("/zones", { name: "é" }, { query: { dry: true, none: undefined } });
    expect(reply.id("id")).toBe("7");
    expect(seen[0]).toMatchObject({
      method: "POST",
      url: "/v1/zones?account=a+b&dry=true",
      body: '{"name":"é"}',
      headers: {
        authorization: "Bearer tok-123",
        "x-extra": "1",
        "content-type": "application/json",
        "user-agent": "certwright",
      },
    });
    expect(events).toEqual([{ method: "POST", url: `${url}/zones`, tries: 1, milliseconds: 0, status: 200 }]);
  });

  test("tells which request it was that got no token", async () => {
    const { url } = await api();
    const { http, events } = client(url, { bearer: () => Promise.reject(new Error("no token today")) });
    await expect(http.get("/zones", { query: { a: "b" } })).rejects.toThrow("no token today");
    expect(events).toMatchObject([{ method: "GET", url: `${url}/zones`, error: "PROVIDER_FAILED" }]);
  });

  test("sends forms and XML, and reads XML", async () => {
    const { url, seen } = await api(
      raw(200, "text/xml", "<r><id>1</id></r>"),
      raw(200, "text/html; charset=utf-8", '<?xml version="1.0"?><r><id>2</id></r>'),
      raw(200, "text/plain", "OK 1"),
    );
    const { http } = client(url, { send: "form", basic: { user: "me", password: "pass word" } });
    expect((await http.post("", { a: "1 2", b: ["x", "y"], c: undefined })).text("r", "id")).toBe("1");
    expect((await http.post("", { call: { a: 1 } }, { send: "xml", read: "xml" })).text("r", "id")).toBe("2");
    expect((await http.put("", "raw=1", { read: "text" })).text()).toBe("OK 1");
    expect(seen.map(({ body }) => body)).toEqual([
      "a=1+2&b=x&b=y",
      '<?xml version="1.0" encoding="UTF-8"?><call><a>1</a></call>',
      "raw=1",
    ]);
    expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from("me:pass word").toString("base64")}`);
  });

  test("keeps identifiers beyond 2^53 exact", async () => {
    const { url } = await api(raw(200, "application/json", '{"id":12345678901234567891,"ttl":60}'));
    const reply = await client(url).http.get("/x");
    expect([reply.id("id"), reply.number("ttl")]).toEqual(["12345678901234567891", 60]);
  });

  test("treats an empty body as null and answers absent and accepted statuses", async () => {
    const { url } = await api(
      (_request, response) => response.writeHead(204).end(),
      json(404, {}),
      json(409, { message: "exists" }),
    );
    const { http } = client(url, { check: () => new Error("never asked for these") });
    const plain = client(url).http;
    expect((await plain.delete("/x")).value).toBeNull();
    expect((await http.get("/x", { absent: { records: [] } })).list("records")).toEqual([]);
    expect((await http.post("/x", {}, { accept: [409] })).text("message")).toBe("exists");
  });

  test("signs every try anew and hides what the signature added", async () => {
    const { url, seen } = await api(json(503, {}), json(400, { message: "bad signature-2" }));
    let count = 0;
    const { http } = client(url, {
      sign: (request) => ({ ...request, headers: { ...request.headers, "x-auth-key": `signature-${++count}` } }),
    });
    await expect(http.get("/x")).rejects.toMatchObject({
      code: "PROVIDER_INVALID",
      message: "Acme DNS answered GET /v1/x with 400: bad ***",
    });
    expect(seen.map(({ headers }) => headers["x-auth-key"])).toEqual(["signature-1", "signature-2"]);
  });

  test("renews a refused token once", async () => {
    const { url, seen } = await api(json(401, {}), json(200, {}), json(401, {}), json(401, {}));
    const asked: boolean[] = [];
    const { http } = client(url, {
      bearer: (renew) => {
        asked.push(renew);
        return renew ? "new-token" : "old-token";
      },
    });
    await http.get("/x");
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer old-token", "Bearer new-token"]);
    await expect(http.get("/x")).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
    expect(asked).toEqual([false, true, false, true]);
  });

  test("check turns a good status into an error, and a limit there is waited for", async () => {
    const { url } = await api(
      json(200, { ok: false, code: 1 }),
      json(200, { ok: false, code: 2 }),
      json(500, { ok: false, code: 2 }),
    );
    const { http, slept } = client(url, {
      check: (reply) => {
        if (!reply.flag("ok"))
          throw new ProviderError(
            reply.number("code") === 1 ? "PROVIDER_RATE_LIMITED" : "PROVIDER_QUOTA",
            "no, hunter22",
          );
      },
    });
    await expect(http.get("/x")).rejects.toMatchObject({
      code: "PROVIDER_QUOTA",
      message: "no, ***",
      provider: "acme",
    });
    expect(slept).toHaveLength(1);
    await expect(http.get("/x")).rejects.toMatchObject({ code: "PROVIDER_QUOTA" });
  });
});

describe("a refusal inside an answer", () => {
  test.each([
    ["auth", "no", "PROVIDER_AUTH", 401],
    ["forbidden", "no", "PROVIDER_FORBIDDEN", 403],
    ["notFound", "no", "PROVIDER_NOT_FOUND", 404],
    ["rateLimited", "no", "PROVIDER_RATE_LIMITED", 429],
    ["conflict", "no", "PROVIDER_CONFLICT", 409],
    ["quota", "no", "PROVIDER_QUOTA", 507],
    ["invalid", "no", "PROVIDER_INVALID", 400],
    ["invalid", "too many requests", "PROVIDER_RATE_LIMITED", 400],
    ["unsupported", "no", "PROVIDER_UNSUPPORTED", 501],
    ["unavailable", "no", "PROVIDER_UNAVAILABLE", 503],
  ] as const)("%s (%s) is %s, as the status %s*", async (kind, message, code, status) => {
    const refused = await api(json(200, {}));
    // An hour is more than a call waits; without a word about time a limit is tried again.
    const tries = code === "PROVIDER_RATE_LIMITED" ? 4 : 1;
    const failed = await api(...Array.from({ length: tries }, () => json(status, { message })));
    const inside = client(refused.url, { check: () => ({ kind, message, retryAfter: 3600 }) }).http;
    const outside = client(failed.url).http;
    const [one, other] = await Promise.all(
      [inside, outside].map((http) => http.post("/x", {}, { repeat: false }).catch((error: unknown) => error)),
    );
    expect(one).toMatchObject({ code, provider: "acme", status: 200, retryAfter: 3600 });
    const { hint, retryable, uncertain } = other as ProviderError;
    expect(one).toMatchObject({ code: (other as ProviderError).code, hint, retryable, uncertain });
  });

  test("of a zone, with words that are masked, a hint of its own, and none at all", async () => {
    const { url } = await api(json(200, { words: "no hunter22" }), json(200, {}));
    const { http } = client(url, {
      check: (reply) => ({ kind: "zoneNotFound", message: reply.textOrNone("words"), hint: "See the panel." }),
    });
    await expect(http.get("/x")).rejects.toMatchObject({
      code: "PROVIDER_ZONE_NOT_FOUND",
      message: expect.stringMatching(/ refused GET \/v1\/x: no \*\*\*$/),
      hint: "Check that the zone is in this account and that the credential may see it. See the panel.",
    });
    await expect(http.get("/x")).rejects.toThrow("no reason given");
  });

  test("is waited for where it is a limit", async () => {
    const { url } = await api(json(200, { wait: true }), json(200, { wait: false }));
    const { http, slept } = client(url, {
      check: (reply) => (reply.flag("wait") ? { kind: "rateLimited", message: "later", retryAfter: 7 } : undefined),
    });
    await http.get("/x");
    expect(slept).toEqual([7000]);
  });
});

describe("statuses", () => {
  test.each([
    [400, { error: { message: "bad" } }, "PROVIDER_INVALID", /bad/],
    [401, {}, "PROVIDER_AUTH", /token \(ACME_TOKEN\)/],
    [402, {}, "PROVIDER_QUOTA", /account/],
    [403, { errors: [{ detail: "no" }] }, "PROVIDER_FORBIDDEN", /DNS write on the zone/],
    [404, "gone", "PROVIDER_NOT_FOUND", /zone/],
    [409, {}, "PROVIDER_CONFLICT", /record/],
    [422, { message: "Record quota exceeded" }, "PROVIDER_QUOTA", /limit/],
    [403, { message: "API rate limit exceeded" }, "PROVIDER_RATE_LIMITED", /Wait/],
    [418, {}, "PROVIDER_INVALID", /options/],
    [501, {}, "PROVIDER_UNSUPPORTED", /endpoint/],
  ])("%i %j is %s", async (status, body, code, said) => {
    const { url } = await api(
      ...Array.from({ length: code === "PROVIDER_RATE_LIMITED" ? 4 : 1 }, () => json(status, body)),
    );
    const error = await client(url)
      .http.post("/x", {})
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code, status, provider: "acme" });
    expect(`${error.message} ${error.hint}`).toMatch(said);
  });

  test("the API's words are masked, made printable and cut", async () => {
    const { url } = await api(
      json(400, { message: `\u001b[31mtoken hunter22 ${encodeURIComponent("hunter22")} \r\n${"x".repeat(400)}` }),
    );
    const error = await client(url)
      .http.get("/hunter22/x")
      .catch((thrown) => thrown);
    expect(error.message).toMatch(/^Acme DNS answered GET \/v1\/\*\*\*\/x with 400: \[31mtoken \*\*\* \*\*\* x+…$/);
    expect(error.message.length).toBeLessThan(350);
  });

  test.each([
    ["a web page", raw(200, "text/html", "<html>Log in</html>")],
    ["a page without its type", raw(200, "application/json", "<!DOCTYPE html><html></html>")],
    ["half a document", raw(200, "application/json", '{"zones":[{"na')],
    ["broken XML", raw(200, "text/xml", "<a><b>")],
    [
      "other than UTF-8",
      (_request: unknown, response: ServerResponse) => response.writeHead(200).end(Buffer.from([0x22, 0xff, 0x22])),
    ],
    [
      "too much",
      (_request: unknown, response: ServerResponse) => response.writeHead(200).end(Buffer.alloc(9 * 1024 * 1024, 0x20)),
    ],
  ] as [string, Answer][])("%s is a bad answer, and uncertain after a change", async (_name, answer) => {
    const { url } = await api(answer, answer);
    await expect(client(url).http.get("/x")).rejects.toMatchObject({ code: "PROVIDER_BAD_ANSWER", uncertain: false });
    await expect(client(url).http.post("/x", {})).rejects.toMatchObject({
      code: "PROVIDER_BAD_ANSWER",
      uncertain: true,
    });
  });

  test("a web page with an error status is that status", async () => {
    const { url } = await api(raw(403, "text/html", "<html>Blocked hunter22</html>"));
    const error = await client(url)
      .http.get("/x")
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "PROVIDER_FORBIDDEN", message: "Acme DNS answered GET /v1/x with 403" });
  });
});

describe("redirects", () => {
  const to =
    (status: number, location: string): Answer =>
    (_request, response) =>
      response.writeHead(status, { location }).end();

  test("stay with the origin and keep method and body", async () => {
    const { url, seen } = await api(to(301, "/v2/x?y=1"), json(200, {}), to(308, "/v2/x"), json(200, {}));
    const { http } = client(url, { bearer: "tok-123" });
    await http.get("/x");
    await http.post("/x", { a: 1 });
    expect(seen.map((request) => `${request.method} ${request.url} ${request.body}`)).toEqual([
      "GET /v1/x ",
      "GET /v2/x?y=1 ",
      'POST /v1/x {"a":1}',
      'POST /v2/x {"a":1}',
    ]);
  });

  test.each([
    ["another host", "GET", [to(302, "http://127.0.0.1:9/x")]],
    ["encryption taken away", "GET", [to(302, "ftp://127.0.0.1/x")]],
    ["a change turned into a read", "POST", [to(302, "/v2/x")]],
    ["a circle", "GET", [to(302, "/a"), to(302, "/b"), to(302, "/a"), to(302, "/b")]],
    ["no place", "GET", [to(302, "http://")]],
  ])("to %s are refused", async (_name, method, answers) => {
    const { url } = await api(...answers);
    await expect(client(url).http.request(method, "/x")).rejects.toMatchObject({
      code: "PROVIDER_BAD_ANSWER",
      message: expect.stringContaining("not followed"),
    });
  });
});

test("a token no header can carry is named by its option, not shown", async () => {
  const { url } = await api();
  const error = await client(url, { bearer: "secret\nsecond" })
    .http.get("/x")
    .catch((thrown) => thrown);
  expect(error).toMatchObject({ code: "PROVIDER_INVALID", hint: expect.stringContaining("token (ACME_TOKEN)") });
  expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain("secret");
});

test("only declared hosts are called, whatever signs or pages", async () => {
  const { url } = await api();
  const refused = { code: "PROVIDER_HOST_NOT_DECLARED", provider: "acme" };
  await expect(client(url).http.get("https://other.test/x")).rejects.toMatchObject(refused);
  await expect(
    client(url, { sign: (request) => ({ ...request, url: new URL("https://other.test/") }) }).http.get("/x"),
  ).rejects.toMatchObject(refused);
});

describe("pages", () => {
  const items = (reply: Reply) => reply.listOrNone("items");
  const all = async (list: AsyncIterable<{ id(): string }>) => {
    const ids: string[] = [];
    for await (const item of list) ids.push(item.id());
    return ids;
  };

  test("follows numbers, links and paths to the end", async () => {
    const { url, seen } = await api(json(200, { items: [1, 2] }), json(200, { items: [3] }));
    const { http } = client(url);
    const numbered = http.pages("/z", {
      query: { size: 2 },
      items,
      next: ({ page, count }) => (count < 2 ? undefined : { page: page + 1 }),
    });
    expect(await all(numbered)).toEqual(["1", "2", "3"]);
    expect(seen.map((request) => request.url)).toEqual(["/v1/z?size=2", "/v1/z?size=2&page=2"]);

    const linked = await api(
      (_request, response) =>
        response.writeHead(200, { link: `<${linked.url}/z?c=a>; rel="prev next", <x>; rel=last` }).end('{"items":[1]}'),
      json(200, { items: [2], next: "/z?c=b" }),
      json(200, { items: [3] }),
    );
    const list = client(linked.url).http.pages("/z", {
      query: { size: 2 },
      items,
      next: ({ link, reply }) => link ?? reply.textOrNone("next"),
    });
    expect(await all(list)).toEqual(["1", "2", "3"]);
    expect(linked.seen.map((request) => request.url)).toEqual(["/v1/z?size=2", "/v1/z?c=a", "/v1/z?c=b"]);
  });

  test("a circle is an error, never a short list", async () => {
    const { url } = await api(json(200, { items: [1] }), json(200, { items: [2] }));
    const list = client(url).http.pages("/z", { items, next: ({ page }) => (page === 1 ? { c: 1 } : { c: 1 }) });
    await expect(all(list)).rejects.toMatchObject({ code: "PROVIDER_BAD_ANSWER" });
  });
});
