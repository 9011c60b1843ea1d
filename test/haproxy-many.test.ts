import { createConnection, type Socket } from "node:net";
import { type PushRequest, parseNode, pushMany } from "@certwright/haproxy";
import { type Haproxy, startHaproxy } from "@certwright/tools/servers";
import type { TestCertificate } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import {
  ca,
  contentOf,
  defaults,
  expectNothingOpen,
  pemOf,
  pushTo,
  serialOf,
  served,
  watching,
} from "./haproxy-fixture.ts";
import { startProxy } from "./socket-proxy.ts";

const config = `${defaults}
frontend sites
    bind 127.0.0.1:<port:sites> ssl crt-list <dir>/list.txt
    http-request return status 200
`;
const count = 400;
const nameOf = (index: number) => `n${index}.test`;
const former = Array.from({ length: count }, (_, index) => ca.issue({ names: [nameOf(index)] }));
const renewed = former.map(({ names }) => ca.issue({ names }));
const files: Record<string, string> = { "list.txt": former.map((_, index) => `<dir>/certs/${index}.pem\n`).join("") };
for (const [index, { pem }] of former.entries()) files[`certs/${index}.pem`] = pem;

const pathOf = ({ dir }: Haproxy, index: number) => `${dir}/certs/${index}.pem`;
const requestFor = (haproxy: Haproxy, index: number, certificate: TestCertificate): PushRequest => ({
  pem: pemOf(certificate),
  certificate: pathOf(haproxy, index),
});

describe.each(["3.2", "2.6"] as const)("HAProxy %s", (version) => {
  test("many certificates: good ones go live, bad ones fail alone, and each is told once", async () => {
    await using haproxy = await startHaproxy({ version, config, files });
    const pid = await haproxy.workerPid();
    const expired = ca.issue({ names: [nameOf(3)], notAfter: new Date(Date.now() - 1_000) });
    const added = ca.issue({ names: ["added.test"] });
    const odd = new Map<number, PushRequest>([
      [0, requestFor(haproxy, 0, former[0] ?? expired)],
      [1, { ...requestFor(haproxy, 1, renewed[1] ?? expired), disk: false }],
      [2, { pem: { key: added.keyPem, chain: renewed[2]?.fullchainPem ?? "" }, certificate: pathOf(haproxy, 2) }],
      [3, requestFor(haproxy, 3, expired)],
      [4, { pem: pemOf(added), certificate: "/unknown.pem" }],
      [5, { pem: pemOf(added), certificate: `${haproxy.dir}/added.pem`, add: { list: `${haproxy.dir}/list.txt` } }],
      [6, { pem: pemOf(renewed[6] ?? expired) }],
      [7, requestFor(haproxy, 7, ca.issue({ names: ["other.test"] }))],
    ]);
    let told = 0;
    function* requests() {
      for (const [index, certificate] of renewed.entries()) {
        yield odd.get(index) ?? requestFor(haproxy, index, certificate);
      }
    }
    const outcomes = new Map<string, string>();
    const summary = await pushMany(parseNode(haproxy.adminSocket), requests(), {
      ...watching(),
      onOutcome: (outcome) => {
        told++;
        const done = outcome.kind === "done";
        const name = done ? outcome.result.name : (outcome.request.certificate ?? "");
        outcomes.set(name, done ? outcome.result.action : (outcome.error as { code: string }).code);
      },
    });

    expect(summary).toEqual({ updated: count - 6, added: 1, unchanged: 1, reloadNeeded: 0, failed: 4, warnings: [] });
    expect(told).toBe(count);
    expect(outcomes.size).toBe(count);
    expect(outcomes.get(pathOf(haproxy, 0))).toBe("unchanged");
    expect(outcomes.get(pathOf(haproxy, 2))).toBe("HAPROXY_KEY_MISMATCH");
    expect(outcomes.get(pathOf(haproxy, 3))).toBe("HAPROXY_CERTIFICATE_EXPIRED");
    expect(outcomes.get("/unknown.pem")).toBe("HAPROXY_CERTIFICATE_UNKNOWN");
    expect(outcomes.get(`${haproxy.dir}/added.pem`)).toBe("added");
    expect(outcomes.get(pathOf(haproxy, 7))).toBe("HAPROXY_NAMES_LOST");
    expect(await haproxy.workerPid()).toBe(pid);
    await expectNothingOpen(haproxy);
    for (const index of [0, 2, 3, 4, 7]) {
      expect(await served(haproxy.ports.sites, nameOf(index))).toBe(former[index]?.fingerprint256);
      expect(await contentOf(pathOf(haproxy, index))).toBe(former[index]?.pem);
    }
    for (const index of [1, 6, 8, 9, 200, count - 1]) {
      expect(await served(haproxy.ports.sites, nameOf(index))).toBe(renewed[index]?.fingerprint256);
      expect(await contentOf(pathOf(haproxy, index))).toBe((index === 1 ? former : renewed)[index]?.pem);
    }
  });

  test("two deployers with many certificates at once: every push succeeds and none is lost", async () => {
    await using haproxy = await startHaproxy({ version, config, files });
    const node = parseNode(haproxy.adminSocket);
    const half = (parity: number) =>
      renewed.flatMap((certificate, index) =>
        index % 2 === parity ? [{ ...requestFor(haproxy, index, certificate), disk: false } as const] : [],
      );
    const both = await Promise.all([pushMany(node, half(0), watching()), pushMany(node, half(1), watching())]);
    expect(both.map(({ updated, unchanged, failed }) => [updated + unchanged, failed])).toEqual([
      [count / 2, 0],
      [count / 2, 0],
    ]);
    for (const [index, { serial }] of renewed.entries()) {
      expect(await serialOf(haproxy, pathOf(haproxy, index))).toBe(serial);
    }
    await expectNothingOpen(haproxy);
  });

  test("more pushes at once than HAProxy takes clients, while others occupy its socket: each waits, none fails", async () => {
    await using haproxy = await startHaproxy({ version, config, files });
    const others = await occupy(haproxy.adminSocket);
    const pushes = renewed
      .slice(0, 30)
      .map((certificate, index) => pushTo(haproxy, requestFor(haproxy, index, certificate)));
    for (const other of [...others, ...(await occupy(haproxy.adminSocket))]) other.destroy();
    for (const { action, served } of await Promise.all(pushes)) expect([action, served]).toEqual(["updated", true]);
    await expectNothingOpen(haproxy);
  });

  test("certificates of which HAProxy cannot show all names keep nothing else from being found and pushed", async () => {
    // What it shows ends after 16 384 bytes: with a blank line, or one byte of a name later without.
    const hosts = Array.from({ length: 500 }, (_, index) => `${"long".repeat(8)}${index}.test`);
    const large = ["a.test", "aa.test"].map((first) => ca.issue({ names: [first, ...hosts] }));
    const few = former.slice(0, 3);
    await using haproxy = await startHaproxy({
      version,
      config,
      files: {
        ...Object.fromEntries(few.map(({ pem }, index) => [`certs/${index}.pem`, pem])),
        ...Object.fromEntries(large.map(({ pem }, index) => [`certs/0${index}.pem`, pem])),
        "list.txt": ["0", "00", "01", "1", "2"].map((name) => `<dir>/certs/${name}.pem\n`).join(""),
      },
    });
    const show = (index: number) => haproxy.command(`show ssl cert ${haproxy.dir}/certs/0${index}.pem`);
    const shown = [await show(0), await show(1)];
    expect(shown.map((text) => text.endsWith("\n\n")).sort()).toEqual([false, true]);

    const [first = ca.issue({ names: [] }), ...others] = renewed.slice(0, 3);
    expect(await pushTo(haproxy, { pem: pemOf(first) })).toMatchObject({ name: pathOf(haproxy, 0), action: "updated" });
    const requests = [
      requestFor(haproxy, 0, first),
      ...large.map((certificate, index) => ({
        pem: pemOf(certificate),
        certificate: `${haproxy.dir}/certs/0${index}.pem`,
      })),
      ...others.map((certificate, index) => requestFor(haproxy, index + 1, certificate)),
    ];
    const errors: unknown[] = [];
    const context = watching();
    const summary = await pushMany(parseNode(haproxy.adminSocket), requests, {
      ...context,
      onOutcome: (outcome) => outcome.kind === "failed" && errors.push(outcome.error),
    });
    expect(summary).toMatchObject({ updated: 2, unchanged: 1, failed: 2 });
    expect(errors).toMatchObject([{ code: "HAPROXY_BUFFER_TOO_SMALL" }, { code: "HAPROXY_BUFFER_TOO_SMALL" }]);
    expect(context.events.filter(({ type }) => type === "retrying")).toEqual([]);
    await expectNothingOpen(haproxy);
  });

  test("a connection cut in the middle costs nothing but time", async () => {
    await using haproxy = await startHaproxy({ version, config, files });
    // Once, in the middle of what answers changes: a slow machine makes these over many connections.
    let left = 8_000;
    await using _ = await startProxy(haproxy.adminSocket, `${haproxy.dir}/p.sock`, () => {
      let isChanging = false;
      return {
        fromClient: (chunk) => {
          isChanging ||= chunk.includes("set ssl cert");
          return { pass: chunk };
        },
        fromServer: (chunk) => {
          if (!isChanging || left <= 0) return { pass: chunk };
          const pass = chunk.subarray(0, left);
          left -= chunk.length;
          return { pass, cut: left <= 0 };
        },
      };
    });
    const context = watching();
    const requests = renewed.map((certificate, index) => requestFor(haproxy, index, certificate));
    const summary = await pushMany(parseNode(`${haproxy.dir}/p.sock`), requests, context);
    expect(summary).toMatchObject({ failed: 0 });
    expect(summary.updated + summary.unchanged).toBe(count);
    expect(context.events.some(({ type }) => type === "retrying")).toBe(true);
    for (const [index, { serial, pem }] of renewed.entries()) {
      expect(await serialOf(haproxy, pathOf(haproxy, index))).toBe(serial);
      expect(await contentOf(pathOf(haproxy, index))).toBe(pem);
    }
    await expectNothingOpen(haproxy);
  });

  test("an aborted push of many leaves nothing open, and memory and disk agree", async () => {
    await using haproxy = await startHaproxy({ version, config, files });
    const controller = new AbortController();
    let written = 0;
    const pushed = pushMany(
      parseNode(haproxy.adminSocket),
      renewed.map((certificate, index) => requestFor(haproxy, index, certificate)),
      {
        ...watching(),
        signal: controller.signal,
        onEvent: ({ type }) => {
          if (type === "written" && ++written === 100) controller.abort(new Error("Ctrl-C"));
        },
      },
    );
    await expect(pushed).rejects.toThrow("Ctrl-C");
    await expectNothingOpen(haproxy);
    for (const index of renewed.keys()) {
      const serial = await serialOf(haproxy, pathOf(haproxy, index));
      const held = serial === renewed[index]?.serial ? renewed[index] : former[index];
      expect(serial).toBe(held?.serial);
      expect(await contentOf(pathOf(haproxy, index)), `file ${index}`).toBe(held?.pem);
    }
  });
});

// The reload is not waited for: the worker to come reads some of the files before they are written, and the one that is
// leaving takes and shows everything as if nothing were.
test.each([
  ["3.2", "admin"],
  ["3.2", "master"],
  ["2.6", "admin"],
  ["2.6", "master"],
] as const)("HAProxy %s: a reload in the middle, through the %s socket", async (version, socket) => {
  await using haproxy = await startHaproxy({ version, config, files, master: true });
  const [target, prefix] = socket === "admin" ? [haproxy.adminSocket, ""] : [haproxy.masterSocket ?? "", "master:"];
  const former = await haproxy.workerPid();
  let sets = 0;
  let reloaded: Promise<void> | undefined;
  await using _ = await startProxy(target, `${haproxy.dir}/p.sock`, () => ({
    fromClient: (chunk) => {
      sets += chunk.toString("latin1").split("set ssl cert").length - 1;
      if (sets > 50) reloaded ??= haproxy.reload();
      return { pass: chunk };
    },
  }));
  const pushed = renewed.slice(0, 150);
  const requests = pushed.map((certificate, index) => requestFor(haproxy, index, certificate));
  const errors: unknown[] = [];
  const summary = await pushMany(parseNode(`${prefix}${haproxy.dir}/p.sock`), requests, {
    ...watching(),
    onOutcome: (outcome) => outcome.kind === "failed" && errors.push(outcome.error),
  });
  await reloaded;
  expect(errors).toEqual([]);
  expect(summary).toMatchObject({ failed: 0 });
  expect(await haproxy.workerPid()).not.toBe(former);
  for (const [index, { serial }] of pushed.entries()) {
    expect(await serialOf(haproxy, pathOf(haproxy, index))).toBe(serial);
  }
  await expectNothingOpen(haproxy);
});

test("a node that cannot be worked with fails once, for all", async () => {
  const pushed = pushMany(
    parseNode("/nonexistent/admin.sock"),
    [{ pem: pemOf(ca.issue({ names: ["x.test"] })) }],
    watching(),
  );
  await expect(pushed).rejects.toMatchObject({ code: "HAPROXY_SOCKET_MISSING" });
});

/** Clients that say nothing, so many that the next is refused. */
async function occupy(path: string): Promise<readonly Socket[]> {
  const clients: Socket[] = [];
  for (;;) {
    const client = createConnection({ path });
    const refused = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      client.once("connect", () => resolve(undefined));
      client.on("error", resolve);
    });
    if (refused?.code === "EAGAIN") return clients;
    expect(refused).toBeUndefined();
    clients.push(client);
  }
}
