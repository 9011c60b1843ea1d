import { readFile, writeFile } from "node:fs/promises";
import { createTestCa } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import { before, deployTo, foresee, startDataplane, startNode } from "./dataplane-fixture.ts";
import { ca, contentOf, expectNothingOpen, pemOf, pushTo, serialOf, served } from "./haproxy-fixture.ts";

describe.each(["3.2", "2.6"] as const)("HAProxy %s", (version) => {
  test("a certificate the API keeps: memory, file, handshake, no reload; then nothing is left to do", async () => {
    await using haproxy = await startNode(version);
    await using api = await startDataplane(haproxy);
    const port = haproxy.ports.list;
    const pid = await haproxy.workerPid();
    expect(await served(port, "list.test")).toBe(before.list.fingerprint256);

    const renewed = ca.issue({ names: ["list.test"] });
    const target = api.target({ check: `127.0.0.1:${port}` });
    expect(await foresee(target, "list.test")).toMatch(/^would replace \S+\/ssl\/listed\.pem \(valid until /);
    await expect(foresee(target, "nobody.test")).rejects.toMatchObject({ code: "HAPROXY_CERTIFICATE_UNKNOWN" });
    const done = await deployTo(target, renewed);

    expect(done).toMatchObject({ action: "updated", served: true, warnings: [] });
    expect(done.steps).toEqual(["committed", "written", "verified", "handshake"]);
    expect(done.detail).toBe(`${haproxy.dir}/ssl/listed.pem replaced, worker ${pid}`);
    expect(await served(port, "list.test")).toBe(renewed.fingerprint256);
    expect(await readFile(`${haproxy.dir}/ssl/listed.pem`, "utf8")).toBe(renewed.pem);
    await expectNothingOpen(haproxy);

    const again = await deployTo(target, renewed);
    expect(again).toMatchObject({ action: "unchanged", served: true, steps: ["verified", "handshake"] });
    await writeFile(`${haproxy.dir}/ssl/listed.pem`, before.list.pem);
    expect(await deployTo(target, renewed)).toMatchObject({
      action: "unchanged",
      steps: ["written", "verified", "handshake"],
    });
    expect(await readFile(`${haproxy.dir}/ssl/listed.pem`, "utf8")).toBe(renewed.pem);
    expect(await haproxy.workerPid()).toBe(pid);

    await haproxy.reload();
    expect(await served(port, "list.test")).toBe(renewed.fingerprint256);
  });

  test("a new one for a crt-list, with options and filters; the list's file is kept in step", async () => {
    await using haproxy = await startNode(version);
    await using api = await startDataplane(haproxy);
    const { dir, ports } = haproxy;
    const pid = await haproxy.workerPid();
    const added = ca.issue({ names: ["*.new.test"] });
    const add = {
      add: `${dir}/ssl/list.txt`,
      options: "alpn h2 ssl-min-ver TLSv1.2",
      filters: "*.new.test,!no.new.test",
    };
    const target = api.target({ ...add, check: `127.0.0.1:${ports.list}` });

    const done = await deployTo(target, added, { name: "*.new.test" });
    expect(done).toMatchObject({ action: "added", served: true, warnings: [] });
    // The API makes underscores of dots in the names of files.
    const file = `${dir}/ssl/__new_test.pem`;
    expect(done.detail).toBe(`${file} added, worker ${pid}`);
    expect(done.steps).toEqual(["written", "attached", "written", "verified", "handshake"]);
    const seen = async () => [await served(ports.list, "yes.new.test"), await served(ports.list, "no.new.test")];
    const expected = [added.fingerprint256, before.list.fingerprint256];
    expect(await seen()).toEqual(expected);
    expect(await haproxy.workerPid()).toBe(pid);
    await expectNothingOpen(haproxy);

    const renewed = ca.issue({ names: ["*.new.test"] });
    expect(await deployTo(target, renewed, { name: "*.new.test" })).toMatchObject({ action: "updated", served: true });
    expect(await contentOf(file)).toBe(renewed.pem);
    await haproxy.reload();
    expect(await seen()).toEqual([renewed.fingerprint256, before.list.fingerprint256]);
    expect(await contentOf(`${dir}/ssl/list.txt`)).toBe(
      `${dir}/ssl/listed.pem [alpn h2]\n${file} [alpn h2 ssl-min-ver TLSv1.2] *.new.test !no.new.test\n`,
    );
  });

  test("a new one for a directory that is the API's", async () => {
    await using haproxy = await startNode(version);
    await using api = await startDataplane(haproxy, { folder: "directory" });
    const { dir, ports } = haproxy;
    const added = ca.issue({ names: ["second.test"] });
    const target = api.target({ add: `${dir}/directory/`, as: "second.pem", check: `127.0.0.1:${ports.directory}` });
    expect(await deployTo(target, added)).toMatchObject({ action: "added", served: true, warnings: [] });
    expect(await served(ports.directory, "second.test")).toBe(added.fingerprint256);
    await haproxy.reload();
    expect(await served(ports.directory, "second.test")).toBe(added.fingerprint256);
    const other = api.target({ add: `${dir}/ssl/list.txt` });
    // The list's file is not in the API's folder, so nothing can keep it in step.
    const listed = await deployTo(other, ca.issue({ names: ["third.test"] }));
    expect(listed.warnings).toEqual([expect.stringContaining(`add ${dir}/directory/third_test.pem to`)]);
  });

  test("one that is named and has its line already gets no second", async () => {
    await using haproxy = await startNode(version);
    await using api = await startDataplane(haproxy);
    const { dir } = haproxy;
    const named = { certificate: `${dir}/ssl/second.pem`, add: `${dir}/ssl/list.txt` };
    const added = ca.issue({ names: ["second.test"] });
    expect(await deployTo(api.target(named), added)).toMatchObject({ action: "added", served: true });
    const text = await contentOf(`${dir}/ssl/list.txt`);
    expect(await deployTo(api.target(named), added)).toMatchObject({ action: "unchanged", steps: ["verified"] });
    const renewed = ca.issue({ names: ["second.test"] });
    expect(await deployTo(api.target(named), renewed)).toMatchObject({ action: "updated", served: true });
    expect(await contentOf(`${dir}/ssl/list.txt`)).toBe(text);
    expect((await haproxy.command(`show ssl crt-list -n ${dir}/ssl/list.txt`)).match(/second/g)).toHaveLength(1);
  });

  test("several at the same time: all arrive", async () => {
    await using haproxy = await startNode(version);
    await using api = await startDataplane(haproxy);
    const target = api.target({ add: `${haproxy.dir}/ssl/list.txt` });
    const names = ["list.test", "a.test", "b.test", "c.test"];
    const certificates = names.map((name) => ca.issue({ names: [name] }));
    const done = await Promise.all(certificates.map((each) => deployTo(target, each, { attempts: 3 })));
    expect(done.map(({ served }) => served)).toEqual(names.map(() => true));
    for (const { names, fingerprint256 } of certificates)
      expect(await served(haproxy.ports.list, names[0] ?? "")).toBe(fingerprint256);
    expect((await contentOf(`${haproxy.dir}/ssl/list.txt`))?.trim().split("\n")).toHaveLength(4);
    await expectNothingOpen(haproxy);
  });

  test("two deployers at the same time, one of them over the socket: all arrive, and no wrong certificate", async () => {
    await using haproxy = await startNode(version);
    await using api = await startDataplane(haproxy);
    const { dir } = haproxy;
    // By another name the node is another one, as for another process.
    const other = api.target({ servername: "api.test" }).replace("127.0.0.1", "localhost");
    for (let round = 0; round < 5; round++) {
      const [list, file, directory] = ["list", "file", "directory"].map((name) =>
        ca.issue({ names: [`${name}.test`] }),
      );
      if (!list || !file || !directory) throw new Error("nothing to push");
      const direct = { pem: pemOf(directory), certificate: `${dir}/directory/first.pem`, disk: false } as const;
      await Promise.all([
        deployTo(api.target(), list, { attempts: 3 }),
        deployTo(other, file, { attempts: 3 }),
        pushTo(haproxy, direct),
      ]);
      for (const name of ["list", "file", "directory"] as const) {
        const expected = { list, file, directory }[name].fingerprint256;
        expect(await served(haproxy.ports[name], `${name}.test`)).toBe(expected);
      }
    }
    await expectNothingOpen(haproxy);
  });

  test("a file that is not the API's: memory only, and told", async () => {
    await using haproxy = await startNode(version);
    await using api = await startDataplane(haproxy);
    const renewed = ca.issue({ names: ["file.test"] });
    const done = await deployTo(api.target({ check: `127.0.0.1:${haproxy.ports.file}` }), renewed);
    expect(done).toMatchObject({ action: "updated", served: true, steps: ["committed", "verified", "handshake"] });
    expect(done.warnings).toEqual([expect.stringContaining("not one of those the API keeps")]);
    expect(await contentOf(`${haproxy.dir}/elsewhere/file.pem`)).toBe(before.file.pem);
  });

  test("what would do harm is refused before anything is sent", async () => {
    await using haproxy = await startNode(version);
    await using api = await startDataplane(haproxy);
    const refused = (certificate: Parameters<typeof deployTo>[1], parameters = {}) =>
      deployTo(api.target(parameters), certificate).then(String, (error: { code: string }) => error.code);
    const expired = ca.issue({ names: ["list.test"], notBefore: new Date(0), notAfter: new Date(1000) });
    const good = ca.issue({ names: ["list.test"] });
    const name = { certificate: `${haproxy.dir}/ssl/listed.pem` };
    expect(await refused(expired)).toBe("HAPROXY_CERTIFICATE_EXPIRED");
    expect(await refused({ ...good, keyPem: before.file.keyPem })).toBe("HAPROXY_KEY_MISMATCH");
    expect(await refused(ca.issue({ names: ["other.test"] }), name)).toBe("HAPROXY_NAMES_LOST");
    expect(await refused(ca.issue({ names: ["other.test"] }))).toBe("HAPROXY_CERTIFICATE_UNKNOWN");
    expect(await refused(good, { certificate: "/nowhere.pem" })).toBe("HAPROXY_CERTIFICATE_UNKNOWN");
    expect(await refused(good, { certificate: "/a*.pem" })).toBe("HAPROXY_UNSAFE_NAME");
    if (version === "3.2") {
      const split = { certificate: `${haproxy.dir}/elsewhere/split.pem` };
      expect(await refused(ca.issue({ names: ["split.test"] }), split)).toBe("HAPROXY_API_FAILED");
    }
    const fresh = ca.issue({ names: ["fresh.test"] });
    expect(await refused(fresh, { add: "/nowhere.txt" })).toBe("HAPROXY_LIST_UNKNOWN");
    const misnamed = { certificate: `${haproxy.dir}/ssl/www.fresh.test.pem`, add: `${haproxy.dir}/ssl/list.txt` };
    expect(await refused(fresh, misnamed)).toBe("HAPROXY_API_NAME");
    expect(await refused(fresh, { ...misnamed, certificate: "/elsewhere/x.pem" })).toBe("HAPROXY_API_NAME");
    expect(await serialOf(haproxy, `${haproxy.dir}/ssl/listed.pem`)).toBe(before.list.serial);
    expect(await contentOf(`${haproxy.dir}/ssl/listed.pem`)).toBe(before.list.pem);
  });

  test("somebody's transaction: waited for, and named when it stays", async () => {
    await using haproxy = await startNode(version);
    await using api = await startDataplane(haproxy);
    const other = `${haproxy.dir}/elsewhere/file.pem`;
    const open = () => haproxy.command(`set ssl cert ${other} <<\n${ca.issue({ names: ["file.test"] }).pem}`);
    await open();
    const renewed = ca.issue({ names: ["list.test"] });
    const blocked = deployTo(api.target(), renewed, { limits: { busyTimeout: 300 } });
    await expect(blocked).rejects.toMatchObject({
      code: "HAPROXY_TRANSACTION_OPEN",
      message: expect.stringContaining(other),
      hint: expect.stringMatching(version === "2.6" ? /Do not commit that one/ : /abort ssl cert/),
    });
    // What 2.6 puts into it must not be committed by its owner.
    await haproxy.command(`abort ssl cert ${other}`);
    expect(await serialOf(haproxy, `${haproxy.dir}/ssl/listed.pem`)).toBe(before.list.serial);
    if (version === "2.6") return;

    await open();
    const waiting = deployTo(api.target(), renewed, {
      onStep: (step) => step === "waiting" && void haproxy.command(`abort ssl cert ${other}`),
    });
    expect(await waiting).toMatchObject({ action: "updated", steps: ["waiting", "committed", "written", "verified"] });
  });
});

// HAProxy 2.6 does not say how a reload ended; what is asked of the API is the same.
describe("where only a reload helps", () => {
  test("an API that has no way to the process: files and, where allowed, a reload", async () => {
    await using haproxy = await startNode();
    await using api = await startDataplane(haproxy, { runtime: false });
    const { dir, ports } = haproxy;
    const check = `127.0.0.1:${ports.list}`;
    const pid = await haproxy.workerPid();
    const renewed = ca.issue({ names: ["list.test"] });
    const stored = await deployTo(api.target({ check }), renewed);
    expect(stored).toMatchObject({ action: "stored", served: false, steps: ["written"] });
    expect(stored.reloadNeeded).toMatch(/cannot reach the running process/);
    expect(await haproxy.workerPid()).toBe(pid);
    expect(await contentOf(`${dir}/ssl/listed.pem`)).toBe(renewed.pem);

    const live = await deployTo(api.target({ check, reload: "yes" }), renewed);
    expect(live).toMatchObject({ action: "updated", served: true, steps: ["written", "reloaded", "handshake"] });
    expect(await served(ports.list, "list.test")).toBe(renewed.fingerprint256);
    expect(await haproxy.workerPid()).not.toBe(pid);
    expect(await deployTo(api.target({ check, reload: "yes" }), renewed)).toMatchObject({
      action: "unchanged",
      served: true,
    });

    const added = ca.issue({ names: ["fresh.test"] });
    const add = { add: `${dir}/ssl/list.txt`, check, reload: "yes" };
    expect(await deployTo(api.target(add), added)).toMatchObject({ action: "added", served: true });
    expect(await served(ports.list, "fresh.test")).toBe(added.fingerprint256);
  });

  test("a reload that fails is told, and clients keep what they had", async () => {
    await using haproxy = await startNode();
    await using api = await startDataplane(haproxy, { runtime: false });
    await writeFile(`${haproxy.dir}/directory/broken.pem`, "junk");
    const check = `127.0.0.1:${haproxy.ports.list}`;
    const failing = deployTo(api.target({ check, reload: "yes" }), ca.issue({ names: ["list.test"] }));
    await expect(failing).rejects.toMatchObject({
      code: "HAPROXY_RELOAD_FAILED",
      hint: expect.stringContaining("Nothing changed for clients"),
    });
    expect(await served(haproxy.ports.list, "list.test")).toBe(before.list.fingerprint256);
  });
});

describe("who is let in", () => {
  test("a wrong password, a wrong CA, a missing client certificate, a name that does not fit", async () => {
    await using haproxy = await startNode();
    await using open = await startDataplane(haproxy);
    const renewed = ca.issue({ names: ["list.test"] });
    const { dir } = haproxy;
    await expect(deployTo(open.target(), renewed, { password: "wrong" })).rejects.toMatchObject({
      code: "HAPROXY_API_DENIED",
    });
    await writeFile(`${dir}/other-ca.pem`, createTestCa("Other").rootPem);
    for (const parameters of [{ ca: `${dir}/other-ca.pem` }, { servername: "elsewhere.test" }])
      await expect(deployTo(open.target(parameters), renewed)).rejects.toMatchObject({ code: "HAPROXY_TLS" });
    await expect(deployTo(open.target({ ca: `${dir}/nowhere.pem` }), renewed)).rejects.toMatchObject({
      code: "HAPROXY_TLS",
    });

    await using closed = await startDataplane(haproxy, { clientCa: true });
    await expect(deployTo(closed.target(), renewed)).rejects.toMatchObject({ code: "HAPROXY_TLS" });
    const client = ca.issue({ names: ["deployer"] });
    await writeFile(`${dir}/client.pem`, client.fullchainPem);
    await writeFile(`${dir}/client.key`, client.keyPem);
    const cert = { cert: `${dir}/client.pem`, key: `${dir}/client.key`, servername: "api.test" };
    expect(await deployTo(closed.target(cert), renewed)).toMatchObject({ action: "updated", served: true });
    expect(await served(haproxy.ports.list, "list.test")).toBe(renewed.fingerprint256);
  });
});
