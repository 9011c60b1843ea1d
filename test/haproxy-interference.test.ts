import { type Connect, createConnect, HaproxyError, parseNode, push } from "@certwright/haproxy";
import { type Haproxy, startHaproxy } from "@certwright/tools/servers";
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
frontend site
    bind 127.0.0.1:<port:site> ssl crt <dir>/site.pem crt <dir>/other.pem
    http-request return status 200
frontend listed
    bind 127.0.0.1:<port:listed> ssl crt-list <dir>/list.txt
    http-request return status 200
frontend directory
    bind 127.0.0.1:<port:directory> ssl crt <dir>/directory
    http-request return status 200
`;
const site = ca.issue({ names: ["site.test"] });
const files = {
  "site.pem": site.pem,
  "other.pem": ca.issue({ names: ["other.test"] }).pem,
  "list.txt": "<dir>/site.pem\n",
  "directory/a.pem": site.pem,
};
const start = (version: "3.2" | "2.6", master = false) => startHaproxy({ version, config, files, master });

describe.each(["3.2", "2.6"] as const)("HAProxy %s", (version) => {
  test("a reload between set and commit, with files: the new worker has it from disk", async () => {
    await using haproxy = await start(version, true);
    const before = await haproxy.workerPid();
    const renewed = ca.issue({ names: ["site.test"] });
    await using _ = await startProxy(haproxy.adminSocket, `${haproxy.dir}/p.sock`, () => ({
      fromClient: reloadOnce(haproxy),
    }));
    const done = await push(
      parseNode(`${haproxy.dir}/p.sock`),
      { pem: pemOf(renewed), certificate: `${haproxy.dir}/site.pem` },
      watching(),
    );
    expect(done).toMatchObject({ action: "updated", served: true, pid: await haproxy.workerPid() });
    expect(done.pid).not.toBe(before);
    expect(await served(haproxy.ports.site, "site.test")).toBe(renewed.fingerprint256);
    await expectNothingOpen(haproxy);
  });

  test("a reload between set and commit, without files: pushed again to the new worker", async () => {
    await using haproxy = await start(version, true);
    const renewed = ca.issue({ names: ["site.test"] });
    const context = watching();
    await using _ = await startProxy(haproxy.adminSocket, `${haproxy.dir}/p.sock`, () => ({
      fromClient: reloadOnce(haproxy),
    }));
    const request = { pem: pemOf(renewed), certificate: `${haproxy.dir}/site.pem`, disk: false } as const;
    const done = await push(parseNode(`${haproxy.dir}/p.sock`), request, context);
    expect(done).toMatchObject({ action: "updated", served: true, pid: await haproxy.workerPid() });
    expect(context.events.filter(({ type }) => type === "retrying")).toHaveLength(1);
    expect(await served(haproxy.ports.site, "site.test")).toBe(renewed.fingerprint256);
    await expectNothingOpen(haproxy);
  });

  const steps = ["show cli level", "new ssl cert certwright.lock", "commit ssl cert", "del ssl cert certwright.lock"];
  // The last is over the second connection, which proves the push.
  const everywhere = [...steps, "show ssl cert"].flatMap((step) =>
    (["admin", "master"] as const).map((socket) => ({ step, socket })),
  );
  test.each(everywhere)('a reload just before "$step" through the $socket socket', async ({ step, socket }) => {
    await using haproxy = await start(version, true);
    const renewed = ca.issue({ names: ["site.test"] });
    const [target, prefix] = socket === "admin" ? [haproxy.adminSocket, ""] : [haproxy.masterSocket ?? "", "master:"];
    let reloaded: Promise<void> | undefined;
    await using _ = await startProxy(target, `${haproxy.dir}/p.sock`, (number) => ({
      fromClient: async (chunk) => {
        if (!reloaded && chunk.includes(step) && (step !== "show ssl cert" || number === 2)) {
          reloaded = haproxy.reload();
          await reloaded;
        }
        return { pass: chunk };
      },
    }));
    const request = { pem: pemOf(renewed), certificate: `${haproxy.dir}/site.pem`, disk: false } as const;
    const done = await push(parseNode(`${prefix}${haproxy.dir}/p.sock`), request, watching());
    expect(reloaded).toBeDefined();
    await reloaded;
    expect(done).toMatchObject({ served: true, pid: await haproxy.workerPid() });
    expect(await served(haproxy.ports.site, "site.test")).toBe(renewed.fingerprint256);
    await expectNothingOpen(haproxy);
  });

  test("a master that takes no connection, and then cuts one, while it reads the files of a reload: it is waited for", async () => {
    await using haproxy = await start(version, true);
    const renewed = ca.issue({ names: ["site.test"] });
    const connect = createConnect();
    const troubles = [
      async () => {
        throw new HaproxyError("HAPROXY_NOT_RUNNING", "connect ECONNREFUSED");
      },
      async (...args: Parameters<Connect>) => (await connect(...args)).destroy(),
    ];
    const context = watching({ attempts: 1 });
    const done = await push(
      parseNode(`master:${haproxy.masterSocket}`),
      { pem: pemOf(renewed), certificate: `${haproxy.dir}/site.pem` },
      { ...context, connect: (...args) => (troubles.shift() ?? connect)(...args) },
    );
    expect(done).toMatchObject({ action: "updated", served: true });
    expect(troubles).toEqual([]);
    expect(context.events.filter(({ type }) => type === "retrying")).toEqual([]);
  });

  test("a certificate clients cannot use is taken back", async () => {
    const strict = `${defaults}
frontend strict
    bind 127.0.0.1:<port:strict> ssl crt <dir>/site.pem ssl-max-ver TLSv1.2 ciphers ECDHE-ECDSA-AES128-GCM-SHA256
    http-request return status 200
`;
    await using haproxy = await startHaproxy({ version, config: strict, files: { "site.pem": site.pem } });
    const context = watching();
    const handshake = [{ host: "127.0.0.1", port: haproxy.ports.strict ?? 0, sni: "site.test" }];
    const rsa = ca.issue({ names: ["site.test"], keyType: "rsa" });
    await expect(pushTo(haproxy, { pem: pemOf(rsa), verify: { handshake } }, context)).rejects.toMatchObject({
      code: "HAPROXY_HANDSHAKE_FAILED",
      hint: expect.stringContaining("The former certificate is back in its place."),
    });
    expect(await served(haproxy.ports.strict, "site.test")).toBe(site.fingerprint256);
    expect(await contentOf(`${haproxy.dir}/site.pem`)).toBe(site.pem);
    await expectNothingOpen(haproxy);
  });

  test("two deployers at once: every push succeeds and none is lost", async () => {
    await using haproxy = await start(version);
    const { dir } = haproxy;
    const deployer = async (id: string) => {
      for (let round = 0; round < 8; round++) {
        const name = `${id}${round}.test`;
        const own = { pem: pemOf(ca.issue({ names: [name] })) };
        const add = round % 2 === 0 ? { list: `${dir}/list.txt`, filters: [name] } : { list: `${dir}/directory` };
        const folder = round % 2 === 0 ? dir : `${dir}/directory`;
        const added = await pushTo(haproxy, { ...own, certificate: `${folder}/${name}.pem`, add });
        expect(added.action).toBe("added");
        const shared = id === "a" ? "site" : "other";
        const pem = pemOf(ca.issue({ names: [`${shared}.test`] }));
        const updated = await pushTo(haproxy, { pem, certificate: `${dir}/${shared}.pem` });
        expect(updated).toMatchObject({ action: "updated" });
        expect(await serialOf(haproxy, `${dir}/${shared}.pem`)).toBe(updated.serial);
      }
    };
    await Promise.all([deployer("a"), deployer("b")]);
    const list = (await contentOf(`${dir}/list.txt`)) ?? "";
    for (const id of ["a0", "a2", "a4", "a6", "b0", "b2", "b4", "b6"]) {
      expect(list).toContain(`\n${dir}/${id}.test.pem ${id}.test\n`);
      expect(await served(haproxy.ports.listed, `${id}.test`)).not.toBe(site.fingerprint256);
    }
    await expectNothingOpen(haproxy);
  });

  test("two deployers of the same certificate: both succeed, whoever is later finds it there", async () => {
    await using haproxy = await start(version);
    const pem = pemOf(ca.issue({ names: ["site.test"] }));
    const certificate = `${haproxy.dir}/site.pem`;
    const both = await Promise.all([1, 2, 3].map(() => pushTo(haproxy, { pem, certificate })));
    expect(both.every(({ served }) => served)).toBe(true);
    await expectNothingOpen(haproxy);
  });

  test("a deployer with other manners, which sets and commits at its own pace, is waited for", async () => {
    await using haproxy = await start(version);
    const other = `${haproxy.dir}/other.pem`;
    const theirs = ca.issue({ names: ["other.test"] });
    const renewed = ca.issue({ names: ["site.test"] });
    await haproxy.command(`set ssl cert ${other} <<\n${theirs.pem}`);
    const context = watching();
    const commit = Promise.withResolvers<string>();
    const pushed = pushTo(
      haproxy,
      { pem: pemOf(renewed), certificate: `${haproxy.dir}/site.pem` },
      {
        ...context,
        onEvent: ({ type }) => type === "waiting" && commit.resolve(commitPatiently(haproxy, other)),
      },
    );
    expect(await pushed).toMatchObject({ action: "updated", served: true });
    expect(await commit.promise).toContain("Success!");
    expect(await served(haproxy.ports.site, "other.test")).toBe(theirs.fingerprint256);
    expect(await served(haproxy.ports.site, "site.test")).toBe(renewed.fingerprint256);
  });
});

/** Lets HAProxy reload, once, just before the first request that replaces content gets through. */
function reloadOnce(haproxy: Haproxy) {
  return async (chunk: Buffer) => {
    if (chunk.includes("set ssl cert") && !reloaded.has(haproxy)) {
      reloaded.add(haproxy);
      await haproxy.reload();
    }
    return { pass: chunk };
  };
}
const reloaded = new WeakSet<Haproxy>();

/** Commits as a script would that knows of the lock. */
async function commitPatiently(haproxy: Haproxy, name: string): Promise<string> {
  for (;;) {
    const answer = await haproxy.command(`commit ssl cert ${name}`);
    if (!answer.includes("currently locked")) return answer;
  }
}
