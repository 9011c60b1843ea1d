import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { CertwrightEvent, Solver, Task, TaskOutcome, World } from "@certwright/core";
import { describe, expect, it } from "vitest";
import { isInternal } from "./internal-address.ts";
import { withSelfCheck } from "./self-check.ts";

const task: Task = {
  id: "1",
  type: "http-01",
  identifier: { type: "dns", value: "a.test" },
  wildcard: false,
  token: "token",
  keyAuthorization: "token.thumbprint",
  accountUrl: "",
};
const plain: Solver = {
  type: "http-01",
  label: "http-01",
  solves: () => true,
  present: async () => [],
  cleanUp: async () => undefined,
};

/** A resolver that knows these addresses. */
function resolver(addresses: Readonly<Record<string, readonly string[]>>): World["resolver"] {
  return {
    query: async (name, type) => ({
      ...({} as Awaited<ReturnType<World["resolver"]["query"]>>),
      answers: (addresses[name] ?? [])
        .filter((address) => address.includes(":") === (type === "AAAA"))
        .map((address) => ({ type: type as "A" | "AAAA", name, ttl: 1, address })),
    }),
  };
}

/** Runs the check against a server of ours, at the addresses given. */
async function checkAgainst(
  listener: RequestListener,
  { addresses = { "a.test": ["127.0.0.1"] }, port }: { addresses?: Record<string, string[]>; port?: number } = {},
) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host}${request.url}`);
    listener(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const events: CertwrightEvent[] = [];
  const { port: own } = server.address() as AddressInfo;
  const world = {
    resolver: resolver(addresses),
    emit: (event: CertwrightEvent) => void events.push(event),
    sleep: async () => undefined,
  };
  try {
    const solver = withSelfCheck(plain, { world, ports: { http: port ?? own, https: 1 }, timeoutMs: 60_000 });
    const outcomes: TaskOutcome[] = [];
    for await (const outcome of solver.wait?.([task], new AbortController().signal) ?? []) outcomes.push(outcome);
    expect(outcomes).toHaveLength(1);
    return { outcome: outcomes[0], events, asked };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const right: RequestListener = (_request, response) => response.end("token.thumbprint\n");

describe("withSelfCheck", () => {
  it("is content with the right answer, white space at the end or not", async () => {
    const { outcome, events, asked } = await checkAgainst(right);
    expect(outcome).toMatchObject({ ready: true });
    expect(events).toEqual([]);
    expect(asked).toEqual(["a.test/.well-known/acme-challenge/token"]);
  });

  it.each<[string, RequestListener, RegExp]>([
    ["404", (_request, response) => response.writeHead(404).end(), /127\.0\.0\.1: it answers with status 404/],
    ["another body", (_request, response) => response.end("<html>"), /it answers "<html>"/],
    ["no end", (_request, response) => response.end("x".repeat(100_000)), /it answers "x+"/],
    ["a redirect to itself", (request, response) => response.writeHead(301, { Location: request.url }).end(), /circle/],
    [
      "a redirect to a file",
      (_request, response) => response.writeHead(302, { Location: "file:///etc/passwd" }).end(),
      /no plain http/,
    ],
    [
      "a redirect with a password",
      (_request, response) => response.writeHead(302, { Location: "http://u:p@a.test/" }).end(),
      /no plain http/,
    ],
    ["a redirect to nowhere", (_request, response) => response.writeHead(302).end(), /status 302/],
  ])("fails the name on %s, with what was found where", async (_what, listener, message) => {
    const { outcome, asked } = await checkAgainst(listener);
    expect(outcome).toMatchObject({
      ready: false,
      error: {
        code: "HTTP_SELF_CHECK_WRONG",
        message: expect.stringMatching(message),
        hint: expect.stringMatching(/AAAA/),
      },
    });
    expect(asked).toHaveLength(3);
  });

  it("looks again: a web server may need a moment", async () => {
    let count = 0;
    const { outcome } = await checkAgainst((request, response) => {
      count += 1;
      if (count < 3) response.writeHead(404).end();
      else right(request, response);
    });
    expect(outcome).toMatchObject({ ready: true });
  });

  it("follows a redirect to another path and name at an address of its own", async () => {
    const { outcome, asked } = await checkAgainst(
      (request, response) => {
        if (request.url === "/moved") right(request, response);
        else response.writeHead(307, { Location: `http://b.test/moved` }).end();
      },
      { addresses: { "a.test": ["127.0.0.1"], "b.test": ["127.0.0.1"] } },
    );
    expect(outcome).toMatchObject({ ready: true });
    expect(asked.at(-1)).toBe("b.test/moved");
  });

  it.each([
    ["http://169.254.169.254/latest/meta-data/"],
    ["http://[::1]/"],
    ["http://127.0.0.2/"],
    ["http://metadata.test/"],
    ["https://10.0.0.1/"],
    ["http://[::ffff:127.0.0.1]/"],
    ["http://a.test:22/"],
  ])("never goes to %s, and only tells of it", async (location) => {
    const { outcome, events, asked } = await checkAgainst(
      (_request, response) => response.writeHead(302, { Location: location }).end(),
      { addresses: { "a.test": ["127.0.0.1"], "metadata.test": ["169.254.169.254", "fd00::1"] } },
    );
    expect(outcome).toMatchObject({ ready: true });
    expect(events).toMatchObject([{ code: "HTTP_SELF_CHECK_UNKNOWN", message: expect.stringMatching(/redirects to/) }]);
    expect(asked).toHaveLength(1);
  });

  it("only tells of an address it cannot reach, and of a name without one", async () => {
    const closed = await checkAgainst(right, { port: 1 });
    expect(closed.outcome).toMatchObject({ ready: true });
    expect(closed.events).toMatchObject([{ message: expect.stringMatching(/127\.0\.0\.1: .*ECONNREFUSED/) }]);
    const nowhere = await checkAgainst(right, { addresses: {} });
    expect(nowhere.outcome).toMatchObject({ ready: true });
    expect(nowhere.events).toMatchObject([{ message: expect.stringMatching(/no address/) }]);
  });
});

it.each([
  "10.1.2.3",
  "100.64.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "0.0.0.0",
  "255.255.255.255",
  "::",
  "fe80::1",
  "fd12::1",
  "2002:7f00:1::",
])("%s is internal", (address) => {
  expect(isInternal(address)).toBe(true);
});

it.each(["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:4860:4860::8888", "2a00::1"])(
  "%s is not internal",
  (address) => {
    expect(isInternal(address)).toBe(false);
  },
);
