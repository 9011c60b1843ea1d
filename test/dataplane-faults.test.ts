import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createSecureContext, createServer } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { before, deployTo, startFake, startNode } from "./dataplane-fixture.ts";
import type { FakeDataplane, Fault } from "./fake-dataplane.ts";
import { details, type Seen } from "./fake-dataplane-runtime.ts";
import { ca, contentOf, expectNothingOpen, pemOf, pushTo, serialOf, served } from "./haproxy-fixture.ts";

/* What may go wrong between us and an API: only the fake can be made to do it. HAProxy is real. */

let haproxy: Awaited<ReturnType<typeof startNode>>;
const listed = () => `${haproxy.dir}/ssl/listed.pem`;
beforeAll(async () => {
  haproxy = await startNode();
});
afterAll(() => haproxy.stop());
beforeEach(async () => {
  await writeFile(listed(), before.list.pem, { mode: 0o600 });
  await pushTo(haproxy, { pem: pemOf(before.list), certificate: listed(), disk: false, allowFewerNames: true });
});

/** Meets one request, `times` times; `isTime` says from when on. */
function meet(fake: FakeDataplane, pattern: RegExp, fault: Fault, times = 1, isTime = () => true): void {
  let left = times;
  fake.fault(({ method, path }: Seen) =>
    left > 0 && isTime() && pattern.test(`${method} ${path}`) && left-- > 0 ? fault : undefined,
  );
}

const failed = (message: string, status = 500): Fault => ({ status, json: { code: status, message } });
const html: Fault = { status: 200, text: "<html>Welcome</html>", headers: { "content-type": "text/html" } };
const put = /^PUT .*\/runtime\/ssl_certs\//;
const store = /^PUT .*\/storage\/ssl_certificates\//;

describe("an answer that is none", () => {
  const faults: readonly (readonly [string, RegExp, Fault, string])[] = [
    ["cut before the answer", /GET \/v3\/info/, "cut", "HAPROXY_CONNECTION_CUT"],
    ["cut in the middle of the answer", /GET \/v3\/info/, "cut-body", "HAPROXY_CONNECTION_CUT"],
    ["no answer at all", /GET \/v3\/info/, "stall", "HAPROXY_TIMEOUT"],
    ["another protocol", /GET \/v3\/info/, "garbage", "HAPROXY_API_UNSUPPORTED"],
    [
      "a HAProxy that is down",
      /runtime\/info/,
      { status: 200, json: { error: "dial unix /sock: connect: connection refused", runtimeAPI: "/sock" } },
      "HAPROXY_NOT_RUNNING",
    ],
    ["a page of a proxy", /GET \/v3\/info/, html, "HAPROXY_API_UNSUPPORTED"],
    ["an API of version 2", /GET \/v3\/info/, failed("path /v3/info was not found", 404), "HAPROXY_API_UNSUPPORTED"],
    [
      "a redirect",
      /GET \/v3\/info/,
      { status: 302, headers: { location: "https://elsewhere.test/" } },
      "HAPROXY_API_UNSUPPORTED",
    ],
    ["a page where certificates should be", /runtime\/ssl_certs$/, html, "HAPROXY_UNEXPECTED_ANSWER"],
    ["another type", /runtime\/ssl_certs$/, { status: 200, json: { a: 1 } }, "HAPROXY_UNEXPECTED_ANSWER"],
    [
      "a certificate without a serial",
      /GET .*runtime\/ssl_certs\/.*listed/,
      { status: 200, json: { storage_name: "x", status: "Used" } },
      "HAPROXY_UNEXPECTED_ANSWER",
    ],
    [
      "too much of it",
      /GET \/v3\/info/,
      { status: 200, json: { api: { version: "v".repeat(2 * 1024 * 1024) } } },
      "HAPROXY_ANSWER_TOO_LARGE",
    ],
    ["success of another kind", put, { status: 204 }, "HAPROXY_UNEXPECTED_ANSWER"],
    ["a reload without a name", store, { status: 202, json: {} }, "HAPROXY_UNEXPECTED_ANSWER"],
    ["403", /GET \/v3\/info/, failed("forbidden", 403), "HAPROXY_API_DENIED"],
    ["500", /GET .*storage\/ssl_certificates$/, failed("disk on fire"), "HAPROXY_API_FAILED"],
    ["409 in the middle", store, failed("object already exists", 409), "HAPROXY_API_FAILED"],
    [
      "a socket that may not write",
      put,
      failed("/sock [3]  Permission denied [set ssl cert x] general error"),
      "HAPROXY_LEVEL",
    ],
    [
      "HAProxy gone",
      put,
      failed("/sock dial unix /sock: connect: connection refused [set ssl cert x] general error"),
      "HAPROXY_NOT_RUNNING",
    ],
  ];
  test.each(faults)("%s", async (_, pattern, fault, code) => {
    await using api = await startFake(haproxy);
    meet(api.fake, pattern, fault, 100);
    const limits = fault === "stall" ? { answerTimeout: 500 } : {};
    const done = deployTo(api.target(), ca.issue({ names: ["list.test"] }), { limits });
    await expect(done).rejects.toMatchObject({ code, hint: expect.stringMatching(/\w/) });
    await expectNothingOpen(haproxy);
    expect(await contentOf(listed())).toBe(before.list.pem);
  });

  test("cut in the middle of the change: started again, and right in the end", async () => {
    await using api = await startFake(haproxy);
    meet(api.fake, put, "cut");
    meet(api.fake, store, "cut-body");
    const renewed = ca.issue({ names: ["list.test"] });
    const done = await deployTo(api.target({ check: `127.0.0.1:${haproxy.ports.list}` }), renewed, { attempts: 3 });
    expect(done).toMatchObject({ served: true });
    expect(done.steps.filter((step) => step === "retrying").length).toBeGreaterThan(0);
    expect(await served(haproxy.ports.list, "list.test")).toBe(renewed.fingerprint256);
    expect(await contentOf(listed())).toBe(renewed.pem);
  });

  test("success that changed nothing is no success", async () => {
    await using api = await startFake(haproxy);
    meet(api.fake, put, { status: 200 });
    await expect(deployTo(api.target(), ca.issue({ names: ["list.test"] }))).rejects.toMatchObject({
      code: "HAPROXY_NOT_APPLIED",
    });
    expect(await serialOf(haproxy, listed())).toBe(before.list.serial);
  });

  test("asked to wait: waited", async () => {
    await using api = await startFake(haproxy);
    meet(api.fake, put, { ...(failed("too many", 429) as object), status: 429, headers: { "retry-after": "0" } });
    meet(
      api.fake,
      /^GET .*runtime\/ssl_certs\/.*file/,
      failed(
        "/sock [3]  Can't show!\nOperations on certificates are currently locked! [show ssl cert x] not found",
        404,
      ),
    );
    const done = await deployTo(api.target(), ca.issue({ names: ["list.test"] }));
    expect(done).toMatchObject({
      action: "updated",
      steps: ["waiting", "waiting", "committed", "written", "verified"],
    });
  });
});

describe("secrets", () => {
  test("the API echoes the key it was sent; no error shows it", async () => {
    await using api = await startFake(haproxy);
    const renewed = ca.issue({ names: ["list.test"] });
    meet(api.fake, put, failed(`/sock [3]  Strange things [set ssl cert x <<\n${renewed.pem}\n] general error`));
    const error: Error & { hint?: string } = await deployTo(api.target(), renewed).then(
      () => new Error("done"),
      (each) => each,
    );
    expect(error).toMatchObject({ code: "HAPROXY_API_FAILED", message: expect.stringContaining("Strange things") });
    const shown = JSON.stringify([error.message, error.hint, error.stack, error.cause]);
    const [, ...lines] = renewed.keyPem.trim().split("\n");
    for (const line of lines.slice(0, -1)) expect(shown).not.toContain(line);
    expect(shown).not.toContain("correct-horse");
  });
});

describe("adding", () => {
  const add = () => ({ add: `${haproxy.dir}/ssl/list.txt` });

  test("a line HAProxy refuses: the upload is taken back", async () => {
    await using api = await startFake(haproxy);
    const options = { ...add(), options: "bogus yes" };
    const done = deployTo(api.target(options), ca.issue({ names: ["refused.test"] }));
    await expect(done).rejects.toMatchObject({ code: "HAPROXY_REJECTED", message: expect.stringMatching(/bogus/) });
    expect(await contentOf(`${haproxy.dir}/ssl/refused_test.pem`)).toBeUndefined();
    expect(await haproxy.command("show ssl cert")).not.toContain("refused_test");
    expect(await contentOf(`${haproxy.dir}/ssl/list.txt`)).not.toContain("refused_test");
  });

  test("an attempt that was broken off after the line was added: its file stays, and the list's file follows", async () => {
    await using api = await startFake(haproxy);
    meet(api.fake, /^PUT .*ssl_crt_lists/, "cut-body");
    const added = ca.issue({ names: ["half.test"] });
    await expect(deployTo(api.target(add()), added)).rejects.toMatchObject({ code: "HAPROXY_CONNECTION_CUT" });
    const line = `${haproxy.dir}/ssl/half_test.pem\n`;
    expect(await contentOf(`${haproxy.dir}/ssl/list.txt`)).not.toContain(line);
    expect(await deployTo(api.target(add()), added)).toMatchObject({ action: "unchanged", served: true });
    expect(await contentOf(`${haproxy.dir}/ssl/list.txt`)).toContain(line);
    expect(await contentOf(`${haproxy.dir}/ssl/half_test.pem`)).toBe(added.pem);
  });

  test("a file that a broken-off attempt left is made anew", async () => {
    await using api = await startFake(haproxy);
    await writeFile(`${haproxy.dir}/ssl/left_test.pem`, before.file.pem);
    const added = ca.issue({ names: ["left.test"] });
    expect(await deployTo(api.target(add()), added)).toMatchObject({ action: "added", served: true });
    expect(await readFile(`${haproxy.dir}/ssl/left_test.pem`, "utf8")).toBe(added.pem);
    expect(api.fake.requests.filter((each) => !each.startsWith("GET"))).toEqual([
      "POST /runtime/ssl_certs",
      "POST /runtime/ssl_certs",
      "DELETE /storage/ssl_certificates/{name}?skip_reload",
      "POST /storage/ssl_certificates",
      "POST /runtime/ssl_crt_lists/entries",
      "PUT /storage/ssl_crt_lists/{name}?skip_reload",
      "DELETE /runtime/ssl_certs/{name}",
      "DELETE /runtime/ssl_certs/{name}",
    ]);
  });

  test("one that a broken-off attempt left unattached is attached", async () => {
    await using api = await startFake(haproxy);
    meet(api.fake, /POST .*entries/, "cut");
    meet(api.fake, /DELETE .*loose_test/, "cut", 2);
    const first = ca.issue({ names: ["loose.test"] });
    await expect(deployTo(api.target(add()), first)).rejects.toMatchObject({ code: "HAPROXY_CONNECTION_CUT" });
    expect(await haproxy.command(`show ssl cert ${haproxy.dir}/ssl/loose_test.pem`)).toContain("Status: Unused");
    expect(await deployTo(api.target(add()), first)).toMatchObject({ action: "added", served: true });
    expect(await served(haproxy.ports.list, "loose.test")).toBe(first.fingerprint256);
  });

  test("a lock that a killed deployer left is broken, one that is held is not", async () => {
    await using api = await startFake(haproxy);
    const deploy = (limits: object) => deployTo(api.target(add()), ca.issue({ names: ["locked.test"] }), { limits });
    await haproxy.command("new ssl cert certwright.lock");
    await haproxy.command("new ssl cert certwright.lock.0123456789ab");
    const held = deploy({ busyTimeout: 700, staleAfter: 10_000 });
    await expect(held).rejects.toMatchObject({ code: "HAPROXY_BUSY" });
    const done = await deploy({ staleAfter: 100 });
    expect(done).toMatchObject({ action: "added", served: true });
    expect(done.steps.slice(0, 2)).toEqual(["waiting", "aborted"]);
    await expectNothingOpen(haproxy);
  });

  test("a file and a line that HAProxy has not loaded yet are not touched", async () => {
    await using api = await startFake(haproxy);
    const waiting = `${haproxy.dir}/ssl/waiting_test.pem`;
    await writeFile(waiting, before.file.pem);
    const list = (await contentOf(`${haproxy.dir}/ssl/list.txt`)) ?? "";
    await writeFile(`${haproxy.dir}/ssl/list.txt`, `${list}${waiting}\n`);
    await expect(deployTo(api.target(add()), ca.issue({ names: ["waiting.test"] }))).rejects.toMatchObject({
      code: "HAPROXY_RELOAD_NEEDED",
    });
    expect(await contentOf(waiting)).toBe(before.file.pem);
    await writeFile(`${haproxy.dir}/ssl/list.txt`, list);
  });

  test("the API reloads by itself where it cannot tell HAProxy; that is followed", async () => {
    await using api = await startFake(haproxy);
    const other = `${haproxy.dir}/elsewhere/file.pem`;
    await haproxy.command(`set ssl cert ${other} <<\n${ca.issue({ names: ["file.test"] }).pem}`);
    const pid = await haproxy.workerPid();
    const done = deployTo(api.target(add()), ca.issue({ names: ["reloaded.test"] }));
    await expect(done).rejects.toMatchObject({ code: "HAPROXY_RELOAD_NEEDED" });
    expect(await haproxy.workerPid()).not.toBe(pid);
    expect(api.fake.requests).toContain("GET /reloads/{id}");
    expect(await contentOf(`${haproxy.dir}/ssl/reloaded_test.pem`)).toBeUndefined();
    // The reload has ended that transaction, and nothing is in the way any more.
    expect(await deployTo(api.target(add()), ca.issue({ names: ["reloaded.test"] }))).toMatchObject({
      action: "added",
    });
  });
});

test("a reload that the API forgot, having been started anew", async () => {
  await using api = await startFake(haproxy);
  const stored = { file: listed(), storage_name: "listed.pem", size: 1 };
  meet(api.fake, store, { status: 202, json: stored, headers: { "reload-id": "2026-11-27-7" } });
  await expect(deployTo(api.target(), ca.issue({ names: ["list.test"] }))).rejects.toMatchObject({
    code: "HAPROXY_RELOAD_UNFINISHED",
  });
});

test("a worker that hears late of the reload that replaces it answers for a while: memory and clients are looked at again", async () => {
  // Too small for any certificate, so that only a reload helps.
  await using api = await startFake(haproxy, { bufferSize: 1_024 });
  const renewed = ca.issue({ names: ["list.test"] });
  const ofFormer = details(await haproxy.command(`show ssl cert ${listed()}`));
  let isReloaded = false;
  meet(api.fake, /^GET .*ssl_certs\/.*listed/, { status: 200, json: ofFormer }, 1, () => isReloaded);
  // What clients see: before the push, after it of the former worker, and then of the next.
  const seen = [before.list, before.list];
  const server = createServer({
    SNICallback: (_, done) => {
      const { keyPem: key, fullchainPem: cert } = seen.shift() ?? renewed;
      done(null, createSecureContext({ key, cert }));
    },
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const check = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const done = await deployTo(api.target({ check, reload: "yes" }), renewed, {
    onStep: (step) => {
      isReloaded ||= step === "reloaded";
    },
  });
  server.close();
  expect(done).toMatchObject({ served: true, steps: ["written", "reloaded", "verified", "handshake"] });
  expect(seen).toEqual([]);
});

test("somebody else's line in the same list's file is kept, and ours too", async () => {
  await using api = await startFake(haproxy);
  const list = `${haproxy.dir}/ssl/list.txt`;
  const former = (await contentOf(list)) ?? "";
  let left = 1;
  api.fake.fault(({ method, path }) => {
    if (method !== "PUT" || !path.endsWith("/storage/ssl_crt_lists/list.txt") || left-- <= 0) return undefined;
    // Its answer comes, and then the other's file is there instead.
    writeFileSync(list, `${former}${haproxy.dir}/elsewhere/file.pem\n`);
    return { status: 200, json: {} };
  });
  const added = ca.issue({ names: ["beside.test"] });
  expect(await deployTo(api.target({ add: list }), added)).toMatchObject({ action: "added", served: true });
  expect(await contentOf(list)).toBe(
    `${former}${haproxy.dir}/elsewhere/file.pem\n${haproxy.dir}/ssl/beside_test.pem\n`,
  );
  await writeFile(list, former);
});

describe("size", () => {
  const large = () =>
    ca.issue({ names: ["list.test", ...Array.from({ length: 900 }, (_, index) => `n${index}.list.test`)] });

  test("what does not fit into the buffer is not sent, unless a reload is allowed", async () => {
    await using api = await startFake(haproxy, { bufferSize: 16_384 });
    const certificate = large();
    await expect(deployTo(api.target(), certificate)).rejects.toMatchObject({ code: "HAPROXY_BUFFER_TOO_SMALL" });
    expect(api.fake.requests.filter((each) => !each.startsWith("GET"))).toEqual([]);
    const check = `127.0.0.1:${haproxy.ports.list}`;
    const done = await deployTo(api.target({ check, reload: "yes" }), certificate);
    expect(done).toMatchObject({
      action: "updated",
      served: true,
      steps: ["written", "reloaded", "verified", "handshake"],
    });
    expect(done.warnings).toEqual(["HAProxy was reloaded."]);
    expect(await served(haproxy.ports.list, "list.test")).toBe(certificate.fingerprint256);
  });

  test("where nothing says how large the buffer is, HAProxy does", async () => {
    await using api = await startFake(haproxy);
    await expect(deployTo(api.target({ "fewer-names": "yes" }), large())).rejects.toMatchObject({
      code: "HAPROXY_BUFFER_TOO_SMALL",
    });
  });
});

test("an API before 3.2 has files and reloads only", async () => {
  await using api = await startFake(haproxy, { before32: true });
  const renewed = ca.issue({ names: ["list.test"] });
  const target = { certificate: listed(), "fewer-names": "yes", check: `127.0.0.1:${haproxy.ports.list}` };
  expect((await deployTo(api.target(target), renewed)).reloadNeeded).toMatch(/has no runtime\/ssl_certs/);
  expect(await deployTo(api.target({ ...target, reload: "yes" }), renewed)).toMatchObject({ served: true });
  expect(await served(haproxy.ports.list, "list.test")).toBe(renewed.fingerprint256);
});
