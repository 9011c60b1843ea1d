import { getDiffieHellman } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { haproxyTarget, parseNode, push, pushMany } from "@certwright/haproxy";
import { type Haproxy, startHaproxy } from "@certwright/tools/servers";
import { newKey, type TestCertificate } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import { patience } from "./cli-process.ts";
import { ca, defaults, expectNothingOpen, pemOf, pushTo, served, watching } from "./haproxy-fixture.ts";

// The 2048-bit group of RFC 3526 and its generator, as OpenSSL writes them (PKCS #3).
const group = ["308201080282010100", getDiffieHellman("modp14").getPrime("hex"), "020102"].join("");
const dhLines = Buffer.from(group, "hex").toString("base64").replace(/.{64}/g, "$&\n");
const dhParameters = `-----BEGIN DH PARAMETERS-----\n${dhLines}\n-----END DH PARAMETERS-----\n`;

// One frontend for each way a configuration can refer to a certificate; 2.6 has the first three.
const ways26 = `${defaults}
frontend by_file
    bind 127.0.0.1:<port:file> ssl crt <dir>/file.pem
    http-request return status 200
frontend by_directory
    bind 127.0.0.1:<port:directory> ssl crt <dir>/directory/
    http-request return status 200
frontend by_list
    bind 127.0.0.1:<port:list> ssl crt-list <dir>/list.txt
    http-request return status 200
`;
const ways32 = `${ways26}
crt-store web
    crt-base <dir>/store
    load crt store.pem alias main
frontend by_store
    bind 127.0.0.1:<port:store> ssl crt @web/main
    http-request return status 200
frontend by_use
    bind 127.0.0.1:<port:use> ssl
    ssl-f-use crt <dir>/use.pem
    http-request return status 200
`;

const before: Record<string, TestCertificate> = {};
for (const way of ["file", "directory", "list", "store", "use"]) before[way] = ca.issue({ names: [`${way}.test`] });
const files = {
  "file.pem": before.file?.pem ?? "",
  "directory/a.pem": before.directory?.pem ?? "",
  "listed.pem": before.list?.pem ?? "",
  "list.txt": "<dir>/listed.pem [alpn h2]\n",
  "store/store.pem": before.store?.pem ?? "",
  "use.pem": before.use?.pem ?? "",
};
const start = (version: "3.2" | "2.6", master = false) =>
  startHaproxy({ version, config: version === "3.2" ? ways32 : ways26, files, master });

interface Update {
  readonly way: string;
  readonly name: (haproxy: Haproxy) => string;
  /** Where the new content must be on disk. */
  readonly file?: (haproxy: Haproxy) => string;
}
const updates: readonly (Update & { readonly since?: "3.2" })[] = [
  { way: "file", name: ({ dir }) => `${dir}/file.pem`, file: ({ dir }) => `${dir}/file.pem` },
  { way: "directory", name: ({ dir }) => `${dir}/directory/a.pem`, file: ({ dir }) => `${dir}/directory/a.pem` },
  { way: "list", name: ({ dir }) => `${dir}/listed.pem`, file: ({ dir }) => `${dir}/listed.pem` },
  { way: "store", name: () => "@web/main", file: ({ dir }) => `${dir}/store/store.pem`, since: "3.2" },
  { way: "use", name: ({ dir }) => `${dir}/use.pem`, file: ({ dir }) => `${dir}/use.pem`, since: "3.2" },
];

interface Addition {
  readonly way: string;
  readonly name: (haproxy: Haproxy) => string;
  readonly list: (haproxy: Haproxy) => string;
  readonly options?: string;
  /** Absent where HAProxy cannot add at run time; then the reason says so. */
  readonly live?: true;
  readonly reason?: RegExp;
}
const additions: readonly (Addition & { readonly since?: "3.2" })[] = [
  {
    way: "file",
    name: ({ dir }) => `${dir}/other.pem`,
    list: ({ dir }) => `${dir}/file.pem`,
    reason: /single certificate file/,
  },
  { way: "directory", name: ({ dir }) => `${dir}/directory/b.pem`, list: ({ dir }) => `${dir}/directory/`, live: true },
  {
    way: "list",
    name: ({ dir }) => `${dir}/new.pem`,
    list: ({ dir }) => `${dir}/list.txt`,
    options: "alpn h2 ssl-min-ver TLSv1.2",
    live: true,
  },
  { way: "store", name: () => "@web/other", list: () => "@web", reason: /crt-store/, since: "3.2" },
  { way: "use", name: ({ dir }) => `${dir}/used.pem`, list: () => "@by_use", live: true, since: "3.2" },
];

describe.each(["3.2", "2.6"] as const)("HAProxy %s", (version) => {
  const available = <T extends { since?: "3.2" }>(cases: readonly T[]) =>
    cases.filter(({ since }) => since === undefined || version === "3.2");

  test.each(available(updates))("update by $way", async ({ way, name, file }) => {
    await using haproxy = await start(version);
    const port = haproxy.ports[way] ?? 0;
    expect(await served(port, `${way}.test`)).toBe(before[way]?.fingerprint256);
    const pid = await haproxy.workerPid();
    const renewed = ca.issue({ names: [`${way}.test`] });

    const handshake = [{ host: "127.0.0.1", port, sni: `${way}.test` }];
    const disk = way === "store" ? { file: `${haproxy.dir}/store/store.pem` } : {};
    const done = await pushTo(haproxy, {
      pem: pemOf(renewed),
      certificate: name(haproxy),
      disk,
      verify: { handshake },
    });

    expect(done).toMatchObject({ action: "updated", instances: 1, served: true, pid, warnings: [] });
    expect(await served(port, `${way}.test`)).toBe(renewed.fingerprint256);
    expect(await haproxy.workerPid()).toBe(pid);
    expect(await readFile(file?.(haproxy) ?? "", "utf8")).toBe(renewed.pem);
    await expectNothingOpen(haproxy);
  });

  test.each(available(additions))("add by $way", async ({ way, name, list, options, live, reason }) => {
    await using haproxy = await start(version);
    const port = haproxy.ports[way] ?? 0;
    const pid = await haproxy.workerPid();
    const added = ca.issue({ names: [`new-${way}.test`] });

    const done = await pushTo(haproxy, {
      pem: pemOf(added),
      certificate: name(haproxy),
      add: { list: list(haproxy), ...(options ? { options } : {}) },
    });

    expect(await haproxy.workerPid()).toBe(pid);
    await expectNothingOpen(haproxy);
    if (live) {
      expect(done).toMatchObject({ action: "added", instances: 1, served: true, pid });
      // No file has the list of a frontend, so only a person can make this last.
      const forgotten = 'A reload forgets the new entry; add "ssl-f-use crt ';
      expect(done.warnings).toEqual(way === "use" ? [expect.stringContaining(forgotten)] : []);
      expect(await served(port, `new-${way}.test`)).toBe(added.fingerprint256);
    } else {
      expect(done).toMatchObject({ action: "reload-needed", instances: 0, served: false });
      expect(done.reloadNeeded).toMatch(reason ?? /never/);
      expect(await served(port, `new-${way}.test`)).toBe(before[way]?.fingerprint256);
    }
  });

  test.each(available(updates))("an update by $way is still served after a reload", async ({ way, name }) => {
    await using haproxy = await start(version, true);
    const renewed = ca.issue({ names: [`${way}.test`] });
    const disk = way === "store" ? { file: `${haproxy.dir}/store/store.pem` } : {};
    await pushTo(haproxy, { pem: pemOf(renewed), certificate: name(haproxy), disk });
    await haproxy.reload();
    expect(await served(haproxy.ports[way], `${way}.test`)).toBe(renewed.fingerprint256);
  });

  test("what was pushed is still served after a reload", async () => {
    await using haproxy = await start(version, true);
    const { dir, ports } = haproxy;
    const updated = ca.issue({ names: ["file.test"] });
    const inDirectory = ca.issue({ names: ["b.directory.test"] });
    const inList = ca.issue({ names: ["*.list.test"] });
    const node = parseNode(`master:${haproxy.masterSocket}`);
    await push(node, { pem: pemOf(updated), certificate: `${dir}/file.pem` }, watching());
    const directory = { certificate: `${dir}/directory/b.pem`, add: { list: `${dir}/directory` } };
    await push(node, { pem: pemOf(inDirectory), ...directory }, watching());
    const list = { list: `${dir}/list.txt`, options: "alpn h2", filters: ["*.list.test", "!no.list.test"] };
    await push(node, { pem: pemOf(inList), certificate: `${dir}/new.pem`, add: list }, watching());

    const seen = async () => [
      await served(ports.file, "file.test"),
      await served(ports.directory, "b.directory.test"),
      await served(ports.list, "yes.list.test"),
      await served(ports.list, "no.list.test"),
    ];
    const expected = [updated, inDirectory, inList, before.list].map((each) => each?.fingerprint256);
    expect(await seen()).toEqual(expected);
    await haproxy.reload();
    expect(await seen()).toEqual(expected);
  });

  test("an RSA and an ECDSA certificate for one name, each to its own slot", async () => {
    const config = `${defaults}
frontend pair
    bind 127.0.0.1:<port:pair> ssl crt <dir>/pair.pem
    http-request return status 200
`;
    const names = ["pair.test"];
    const rsa = ca.issue({ names, keyType: "rsa" });
    const pair = { "pair.pem.rsa": rsa.pem, "pair.pem.ecdsa": ca.issue({ names }).pem };
    await using haproxy = await startHaproxy({ version, config, files: pair });
    const port = haproxy.ports.pair ?? 0;
    const verify = { handshake: [{ host: "127.0.0.1", port, sni: "pair.test" }] };
    const sigalgs = { rsa: "rsa_pss_rsae_sha256:RSA+SHA256", ecdsa: "ECDSA+SHA256" };

    const newRsa = ca.issue({ names, keyType: "rsa" });
    const newEcdsa = ca.issue({ names });
    for (const request of [{ certificate: `${haproxy.dir}/pair.pem`, pem: pemOf(newRsa) }, { pem: pemOf(newEcdsa) }]) {
      expect(await pushTo(haproxy, { ...request, verify })).toMatchObject({ action: "updated", served: true });
    }
    expect(await served(port, "pair.test", { sigalgs: sigalgs.rsa })).toBe(newRsa.fingerprint256);
    expect(await served(port, "pair.test", { sigalgs: sigalgs.ecdsa })).toBe(newEcdsa.fingerprint256);

    const wrong = { certificate: `${haproxy.dir}/pair.pem.rsa`, pem: pemOf(ca.issue({ names })) };
    await expect(pushTo(haproxy, wrong)).rejects.toMatchObject({ code: "HAPROXY_KEY_TYPE" });
    expect(await served(port, "pair.test", { sigalgs: sigalgs.rsa })).toBe(newRsa.fingerprint256);
  });

  test("a key in a file of its own stays there, and the mode and owner of files stay", async () => {
    const config = `${defaults}
frontend split
    bind 127.0.0.1:<port:split> ssl crt <dir>/split.pem
    http-request return status 200
`;
    const old = ca.issue({ names: ["split.test"] });
    const apart = { "split.pem": old.fullchainPem, "split.pem.key": old.keyPem };
    await using haproxy = await startHaproxy({ version, config, files: apart });
    const renewed = ca.issue({ names: ["split.test"] });
    await pushTo(haproxy, { pem: pemOf(renewed) });
    expect(await readFile(`${haproxy.dir}/split.pem`, "utf8")).toBe(renewed.fullchainPem);
    expect(await readFile(`${haproxy.dir}/split.pem.key`, "utf8")).toBe(renewed.keyPem);
    expect((await stat(`${haproxy.dir}/split.pem.key`)).mode & 0o777).toBe(0o600);
    expect(await served(haproxy.ports.split, "split.test")).toBe(renewed.fingerprint256);
  });

  test("a directory in which files are called as nobody should, one of them so that no command can name it", async () => {
    const config = `${defaults}
frontend odd
    bind 127.0.0.1:<port:odd> ssl crt <dir>/odd/
    http-request return status 200
`;
    const odd = ["a  b.pem", "*.star.pem", "[x];y\\z.pem", "ü漢\"'.pem", "x:443.pem"];
    const named = [...odd, "a\ttab.pem"].map((file, index) => [file, ca.issue({ names: [`o${index}.test`] })] as const);
    const files = Object.fromEntries(named.map(([file, { pem }]) => [`odd/${file}`, pem]));
    await using haproxy = await startHaproxy({ version, config, files });
    for (const [index, file] of odd.entries()) {
      const [certificate, names] = [`${haproxy.dir}/odd/${file}`, [`o${index}.test`]];
      const [one, two, fresh] = [ca.issue({ names }), ca.issue({ names }), ca.issue({ names: [`new${index}.test`] })];
      expect(await pushTo(haproxy, { pem: pemOf(one) })).toMatchObject({ name: certificate, served: true });
      const request = { pem: pemOf(two), certificate };
      expect(await pushMany(parseNode(haproxy.adminSocket), [request], watching())).toMatchObject({ updated: 1 });
      expect(await served(haproxy.ports.odd, `o${index}.test`)).toBe(two.fingerprint256);
      const add = { list: `${haproxy.dir}/odd`, as: `new ${file}` };
      expect(await pushTo(haproxy, { pem: pemOf(fresh), add })).toMatchObject({ action: "added", served: true });
    }
    const lost = pushTo(haproxy, { pem: pemOf(ca.issue({ names: ["o5.test"] })) });
    await expect(lost).rejects.toMatchObject({ code: "HAPROXY_CERTIFICATE_UNKNOWN" });
  });

  test("Diffie-Hellman parameters in a certificate's file stay: there are clients that know nothing else", async () => {
    const config = `${defaults}
frontend combined
    bind 127.0.0.1:<port:combined> ssl crt <dir>/combined.pem
    http-request return status 200
frontend split
    bind 127.0.0.1:<port:split> ssl crt <dir>/split.pem
    http-request return status 200
`;
    const key = newKey("rsa");
    const issue = () => ca.issue({ names: ["dhe.test"], key });
    const [old, one, other] = [issue(), issue(), issue()];
    await using haproxy = await startHaproxy({
      version,
      config,
      files: {
        "combined.pem": old.pem + dhParameters,
        "split.pem": dhParameters + old.fullchainPem,
        "split.pem.key": old.keyPem,
      },
    });
    const { dir, ports } = haproxy;
    const dhe = { ciphers: "DHE-RSA-AES128-GCM-SHA256", maxVersion: "TLSv1.2" } as const;
    expect(await served(ports.combined, "dhe.test", dhe)).toBe(old.fingerprint256);

    await pushTo(haproxy, { pem: pemOf(one), certificate: `${dir}/combined.pem` });
    const split = { pem: pemOf(other), certificate: `${dir}/split.pem` };
    expect(await pushMany(parseNode(haproxy.adminSocket), [split], watching())).toMatchObject({ updated: 1 });
    expect(await served(ports.combined, "dhe.test", dhe)).toBe(one.fingerprint256);
    expect(await served(ports.split, "dhe.test", dhe)).toBe(other.fingerprint256);
    expect(await readFile(`${dir}/combined.pem`, "utf8")).toBe(one.fullchainPem + dhParameters + one.keyPem);
    expect(await readFile(`${dir}/split.pem`, "utf8")).toBe(other.fullchainPem + dhParameters);
    expect(await readFile(`${dir}/split.pem.key`, "utf8")).toBe(other.keyPem);
  });

  test("a certificate that is there already is left alone, but its file is put right", async () => {
    await using haproxy = await start(version);
    const renewed = ca.issue({ names: ["file.test"] });
    await pushTo(haproxy, { pem: pemOf(renewed), disk: false });
    const context = watching();
    const again = await pushTo(haproxy, { pem: pemOf(renewed) }, context);
    expect(again).toMatchObject({
      action: "unchanged",
      instances: 0,
      served: true,
      files: [`${haproxy.dir}/file.pem`],
    });
    expect(context.events.map(({ type }) => type)).toEqual(["written", "verified"]);
    expect(await pushTo(haproxy, { pem: pemOf(renewed) })).toMatchObject({ action: "unchanged", files: [] });
  });

  test("the target core sees: adds what is new, then finds it by its names", async () => {
    await using haproxy = await start(version);
    const target = haproxyTarget(
      `haproxy:${haproxy.adminSocket}?add=${haproxy.dir}/directory&check=127.0.0.1:${haproxy.ports.directory}`,
    );
    const steps: string[] = [];
    const context = {
      now: Date.now,
      signal: AbortSignal.timeout(patience),
      step: (step: string) => void steps.push(step),
    };
    const deploy = (issued: TestCertificate) =>
      target.deploy(
        {
          name: "shop",
          identifiers: [{ type: "dns", value: "*.shop.test" }],
          generation: 1,
          leafPem: issued.leafPem,
          chainPem: issued.chainPem,
          keyPem: issued.keyPem,
          notAfter: issued.notAfter,
          fingerprint256: issued.fingerprint256,
        },
        context,
      );
    const wanted = { name: "shop", identifiers: [{ type: "dns", value: "*.shop.test" }], keyType: "ec256" } as const;
    const [list, shop] = [`${haproxy.dir}/directory`, `${haproxy.dir}/directory/shop.pem`];
    expect(await target.foresee?.(wanted, context)).toBe(`would be added to ${list} as ${shop}`);
    await expect(stat(shop)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await deploy(ca.issue({ names: ["*.shop.test"] }))).toMatchObject({ action: "added", served: true });
    expect(await target.foresee?.(wanted, context)).toMatch(
      /^would replace \S+\/directory\/shop\.pem \(valid until \d{4}-\d\d-\d\d\)$/,
    );
    const fewer = { ...wanted, identifiers: [{ type: "dns", value: "other.shop.test" }] } as const;
    const named = haproxyTarget(`haproxy:${haproxy.adminSocket}?certificate=${shop}`);
    await expect(named.foresee?.(fewer, context)).rejects.toMatchObject({ code: "HAPROXY_NAMES_LOST" });
    const renewed = ca.issue({ names: ["*.shop.test"] });
    expect(await deploy(renewed)).toMatchObject({ action: "updated", served: true, warnings: [] });
    expect(await served(haproxy.ports.directory, "www.shop.test")).toBe(renewed.fingerprint256);
    expect(await readFile(`${haproxy.dir}/directory/shop.pem`, "utf8")).toBe(renewed.pem);
    expect(steps).toEqual([
      "written",
      "committed",
      "attached",
      "verified",
      "handshake",
      "written",
      "committed",
      "verified",
      "handshake",
    ]);
  });
});

describe.each([
  { version: "3.2", master: false },
  { version: "3.2", master: true },
  { version: "2.6", master: false },
] as const)("a HAProxy $version that began without any certificate, its master: $master", ({ version, master }) => {
  test("takes its first from a push, the next from one of many", async () => {
    const config = `${defaults}
frontend web
    bind 127.0.0.1:<port:web> ssl crt <dir>/certs/ strict-sni
    http-request return status 200
`;
    // HAProxy answers the question for its certificates with an empty line.
    await using haproxy = await startHaproxy({ version, config, master, files: { "certs/.keep": "" } });
    const node = parseNode(master ? `master:${haproxy.masterSocket}` : haproxy.adminSocket);
    const certs = `${haproxy.dir}/certs`;
    const [first, second] = [ca.issue({ names: ["first.test"] }), ca.issue({ names: ["second.test"] })];
    await expect(push(node, { pem: pemOf(first) }, watching())).rejects.toMatchObject({
      code: "HAPROXY_CERTIFICATE_UNKNOWN",
    });

    const request = { pem: pemOf(first), certificate: `${certs}/first.pem`, add: { list: certs } };
    expect(await push(node, request, watching())).toMatchObject({ action: "added", served: true });
    expect(await served(haproxy.ports.web, "first.test")).toBe(first.fingerprint256);

    await haproxy.command(`del ssl crt-list ${certs} ${certs}/first.pem`);
    await haproxy.command(`del ssl cert ${certs}/first.pem`);
    const many = [{ pem: pemOf(second), certificate: `${certs}/second.pem`, add: { list: certs } }];
    expect(await pushMany(node, many, watching())).toMatchObject({ added: 1, failed: 0 });
    expect(await served(haproxy.ports.web, "second.test")).toBe(second.fingerprint256);
    await expectNothingOpen(haproxy);
  });
});

test("HAProxy 2.6 has no crt-store and no ssl-f-use, so there is nothing to push to", async () => {
  await expect(startHaproxy({ version: "2.6", config: ways32, files })).rejects.toThrow(/unknown keyword 'crt-store'/);
  await using haproxy = await start("2.6");
  const pem = pemOf(ca.issue({ names: ["x.test"] }));
  const add = { certificate: `${haproxy.dir}/x.pem`, add: { list: "@by_file" } };
  await expect(pushTo(haproxy, { pem, ...add })).rejects.toMatchObject({ code: "HAPROXY_LIST_UNKNOWN" });
});
