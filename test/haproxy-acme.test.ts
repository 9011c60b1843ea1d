import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CertwrightError } from "@certwright/provider";
import { freePort, type Haproxy, startBind, startPebble, withTempDir } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import {
  acmeConfig,
  authority,
  inMemory,
  openBinding,
  placeholder,
  quick,
  runCommand,
  startAgent,
  startAgentProcess,
  startNode,
  txtAt,
  until,
  zone,
  zones,
} from "./haproxy-acme-fixture.ts";
import { startProxy } from "./socket-proxy.ts";
import { startWebhook } from "./webhook.ts";

// HAProxy's own waits make an order last ten seconds or more: all of them run at the same time, over one CA and DNS.
const httpPort = await freePort();
const dns = await startBind({ zones });
const ca = await startPebble({ dnsServer: dns.address, httpPort });
const world = { ca, dns };

/** The certificate in a file, with its key, as HAProxy would load it. */
async function onDisk(haproxy: Haproxy, certificate: string, key = certificate) {
  const text = await readFile(join(haproxy.dir, certificate), "utf8");
  const keyText = key === certificate ? text : await readFile(join(haproxy.dir, key), "utf8");
  const x509 = new X509Certificate(text);
  expect(x509.checkPrivateKey(createPrivateKey(keyText))).toBe(true);
  expect((await stat(join(haproxy.dir, key))).mode & 0o777).toBe(0o600);
  return { sha1: x509.fingerprint.replaceAll(":", ""), names: x509.subjectAltName };
}

const placeholderSha1 = new X509Certificate(placeholder.leafPem).fingerprint.replaceAll(":", "");

/** Waits until the certificate is in memory and on disk, and the same there. */
async function obtained(haproxy: Haproxy, name: string, certificate: string, key = certificate) {
  const isKept = async () => {
    const { sha1 } = await onDisk(haproxy, certificate, key);
    return sha1 !== placeholderSha1 && sha1 === (await inMemory(haproxy, name));
  };
  await until(`${name} is on disk as in memory`, isKept, haproxy.logs);
  return onDisk(haproxy, certificate, key);
}

describe.concurrent("the agent for HAProxy's native ACME", () => {
  test("dns-01 for apex and wildcard, prefix-equal names, and a crt-store with a key of its own", async () => {
    await using haproxy = await startNode(
      acmeConfig(
        world,
        `crt-store st
    crt-base <dir>
    key-base <dir>
    load crt sep.crt key sep.key alias w acme LE domains "w.${zone}"
frontend https
    bind 127.0.0.1:<port:tls> ssl
    bind 127.0.0.1:<port:list> ssl crt-list <dir>/list.txt
    ssl-f-use crt <dir>/apex.pem acme LE domains "${zone},*.${zone},b.${zone}"
    ssl-f-use crt <dir>/prefix.pem acme LE domains "p.${zone},p.${zone}.x.${zone}"
    ssl-f-use crt @st/w`,
      ),
      ["apex.pem", "prefix.pem", "listed.pem"],
      {
        "sep.crt": placeholder.fullchainPem,
        "sep.key": placeholder.keyPem,
        "list.txt": `<dir>/listed.pem [acme LE domains l.${zone} ssl-min-ver TLSv1.2]\n`,
      },
    );
    await using agent = await startAgent(haproxy, dns);
    const apex = await obtained(haproxy, `${haproxy.dir}/apex.pem`, "apex.pem");
    expect(apex.names?.split(", ").sort()).toEqual([`DNS:*.${zone}`, `DNS:b.${zone}`, `DNS:${zone}`]);
    const prefix = await obtained(haproxy, `${haproxy.dir}/prefix.pem`, "prefix.pem");
    await obtained(haproxy, `${haproxy.dir}/listed.pem`, "listed.pem");
    const separate = await obtained(haproxy, "@st/w", "sep.crt", "sep.key");
    expect(await readFile(join(haproxy.dir, "sep.crt"), "utf8")).not.toContain("PRIVATE KEY");
    await until(
      "seven records are removed",
      () => agent.of("txt.removed").flatMap(({ records }) => records).length === 7,
    );
    for (const name of [zone, `b.${zone}`, `p.${zone}`, `p.${zone}.x.${zone}`, `w.${zone}`, `l.${zone}`]) {
      expect(await txtAt(dns, `_acme-challenge.${name}`)).toEqual([]);
    }
    // A reload loads the files again and finds nothing to obtain.
    await haproxy.reload();
    expect(await inMemory(haproxy, `${haproxy.dir}/apex.pem`)).toBe(apex.sha1);
    expect(await inMemory(haproxy, `${haproxy.dir}/prefix.pem`)).toBe(prefix.sha1);
    expect(await inMemory(haproxy, "@st/w")).toBe(separate.sha1);
    expect(await haproxy.command("acme status")).not.toContain("Running");
    expect(agent.of("warning"), JSON.stringify(agent.events)).toEqual([]);
    expect(agent.of("certificate.failed")).toEqual([]);
  });

  test("http-01, which HAProxy answers by itself: the agent keeps the certificate", async () => {
    await using haproxy = await startNode(
      acmeConfig(
        world,
        `frontend http
    bind 127.0.0.1:${httpPort}
    http-request return status 200 content-type text/plain lf-string "%[path,field(-1,/)].%[path,field(-1,/),map(virt@acme)]\\n" if { path_beg /.well-known/acme-challenge/ }
frontend https
    bind 127.0.0.1:<port:tls> ssl
    ssl-f-use crt <dir>/www.pem acme LE domains "www.${zone}"`,
        { challenge: "http-01", section: "map virt@acme" },
      ),
      ["www.pem"],
    );
    await using agent = await startAgent(haproxy, dns);
    const name = `${haproxy.dir}/www.pem`;
    const { sha1 } = await obtained(haproxy, name, "www.pem");
    const nodes = ["--node", haproxy.adminSocket, "--node", `master:${haproxy.masterSocket}`];
    const status = await runCommand(["haproxy", "status", ...nodes]);
    expect(status.code, status.stdout).toBe(0);
    expect(status.result).toMatchObject({
      certificates: [haproxy.adminSocket, `master:${haproxy.masterSocket}`].map((node) => ({
        ...{ node, certificate: name, section: "LE", state: "Scheduled", overdue: false },
      })),
      failures: [],
    });
    const gone = await runCommand([
      "haproxy",
      "renew",
      "/no/such.pem",
      "--node",
      haproxy.adminSocket,
      "--node",
      "/no/socket",
    ]);
    expect(gone.code).toBe(1);
    expect(gone.result).toMatchObject({
      certificates: [{ certificate: "/no/such.pem", outcome: "not there" }],
      failures: [{ node: "/no/socket", error: { code: "HAPROXY_SOCKET_MISSING" } }],
    });
    await haproxy.reload();
    expect(await inMemory(haproxy, name)).toBe(sha1);
    const renewed = await runCommand(["haproxy", "renew", name, ...nodes]);
    expect(renewed.code, renewed.stdout).toBe(0);
    expect(renewed.result.certificates.map(({ outcome }: { outcome: string }) => outcome).sort()).toEqual([
      "begun",
      "running already",
    ]);
    expect(agent.of("warning")).toEqual([]);
    expect(agent.of("txt.added")).toEqual([]);
    const isNext = async () => {
      const next = await inMemory(haproxy, name);
      return next !== sha1 && next === (await onDisk(haproxy, "www.pem")).sha1;
    };
    await until("the next is kept, too", isNext, () => haproxy.logs() + JSON.stringify(agent.events));
    const { sha1: last } = await onDisk(haproxy, "www.pem");
    await haproxy.kill();
    await haproxy.restart();
    expect(await inMemory(haproxy, name)).toBe(last);
    expect(await haproxy.command("acme status")).not.toContain("Running");
  });

  test("http-01 that fails again and again is told, for HAProxy has no event for it", async () => {
    await using haproxy = await startNode(
      acmeConfig(
        world,
        `frontend http
    bind 127.0.0.1:<port:http>
    http-request return status 200 content-type text/plain lf-string "%[path,map(virt@acme)]"
frontend https
    bind 127.0.0.1:<port:tls> ssl
    ssl-f-use crt <dir>/nowhere.pem acme LE domains "nowhere.${zone}"`,
        { challenge: "http-01", section: "map virt@acme" },
      ),
      ["nowhere.pem"],
    );
    await using agent = await startAgent(haproxy, dns);
    await until("it is told", () => agent.of("warning").length > 0, haproxy.logs);
    const certificate = join(haproxy.dir, "nowhere.pem");
    expect(agent.of("deploy.step")).toContainEqual(expect.objectContaining({ certificate, step: "order begun again" }));
    expect(agent.of("warning")[0]).toMatchObject({
      ...{ code: "HAPROXY_ACME_FAILED", certificate, hint: expect.stringContaining("HAProxy's log") },
      message: expect.stringMatching(/an order begun anew failed, too\. What it serves ends at 20/),
    });
    expect(await readFile(certificate, "utf8")).toBe(placeholder.pem);
  });

  test("an order whose events HAProxy has dropped is ended, and the next one goes well", async () => {
    await using haproxy = await startNode(
      acmeConfig(
        world,
        `frontend https
    bind 127.0.0.1:<port:tls> ssl
    ssl-f-use crt <dir>/g.pem acme LE domains "g.${zone},*.g.${zone}"`,
      ),
      ["g.pem"],
    );
    const masterSocket = join(haproxy.dir, "p.sock");
    let isDropping = true;
    await using _ = await startProxy(haproxy.masterSocket ?? "", masterSocket, () => ({
      fromServer: (chunk) => ({
        pass: isDropping
          ? Buffer.from(chunk.toString("latin1").replaceAll("acme deploy", "acme d-----"), "latin1")
          : chunk,
      }),
    }));
    await using agent = await startAgent(Object.assign(Object.create(haproxy), { masterSocket }), dns, {
      limits: { ...quick, lost: 3_000 },
    });
    await until("it is found", () => agent.of("warning").length > 0, haproxy.logs);
    isDropping = false;
    expect(agent.of("warning")).toMatchObject([
      { code: "HAPROXY_ACME_STUCK", certificate: join(haproxy.dir, "g.pem"), hint: expect.any(String) },
    ]);
    await obtained(haproxy, join(haproxy.dir, "g.pem"), "g.pem");
    await until("no record is left", async () => (await txtAt(dns, `_acme-challenge.g.${zone}`)).length === 0);
  });

  test("reloads that come when it hurts most", async () => {
    await using haproxy = await startNode(
      acmeConfig(
        world,
        `frontend https
    bind 127.0.0.1:<port:tls> ssl
    ssl-f-use crt <dir>/r.pem acme LE domains "r.${zone},*.r.${zone}"`,
      ),
      ["r.pem"],
    );
    await using agent = await startAgent(haproxy, dns);
    // The records are set and HAProxy does not know it; then the certificate is in memory and not on disk.
    await until("records are set", () => agent.of("txt.added").length > 0, haproxy.logs);
    await haproxy.reload();
    await until("it is obtained", () => agent.of("deploy.step").some(({ step }) => step === "obtained"), haproxy.logs);
    await haproxy.reload();
    await obtained(haproxy, join(haproxy.dir, "r.pem"), "r.pem");
    await until("no record is left", async () => (await txtAt(dns, `_acme-challenge.r.${zone}`)).length === 0);
    expect(agent.of("certificate.failed")).toEqual([]);
  });

  test("an order of which the CA holds a part for proved already, at HAProxy 3.2 which waits for that part for ever", async () => {
    await using reusing = await startPebble({ dnsServer: dns.address, authzReuse: 100 });
    await using haproxy = await startNode(
      acmeConfig(
        { ca: reusing, dns },
        `frontend https
    bind 127.0.0.1:<port:tls> ssl
    ssl-f-use crt <dir>/first.pem acme LE domains "a.${zone}"
    ssl-f-use crt <dir>/second.pem acme LE domains "a.${zone},c.${zone}"`,
        { globals: "acme.scheduler off" },
      ),
      ["first.pem", "second.pem"],
    );
    await using agent = await startAgent(haproxy, dns, { limits: { ...quick, renewRetries: [600_000] } });
    for (const file of ["first.pem", "second.pem"]) {
      await haproxy.command(`acme renew ${haproxy.dir}/${file}`);
      await obtained(haproxy, `${haproxy.dir}/${file}`, file);
    }
    expect(agent.added()).toEqual([`_acme-challenge.a.${zone}`, `_acme-challenge.c.${zone}`]);
    expect(agent.of("warning")).toEqual([]);
  });

  test("a failed order is begun again, and one that a reload cuts off is forgotten for its successor", async () => {
    await using haproxy = await startNode(
      acmeConfig(
        world,
        `frontend https
    bind 127.0.0.1:<port:tls> ssl
    ssl-f-use crt <dir>/f.pem acme LE domains "f.${zone}"`,
      ),
      ["f.pem"],
    );
    const name = `${haproxy.dir}/f.pem`;
    const ready = `acme challenge_ready ${name} domain f.${zone}`;
    // Not before HAProxy asks for the record: what comes in the middle of its own work has been seen to end it.
    const asks = async () => (await haproxy.command("show events dpapi")).includes("acme deploy");
    await until("HAProxy asks for the record", asks, haproxy.logs);
    await until("HAProxy takes the mark", async () => (await haproxy.command(ready)).includes("All challenges ready"));
    await until("the order failed", async () => (await haproxy.command("acme status")).includes("Scheduled"));
    await using agent = await startAgent(haproxy, dns);
    await until("the second order is validated", () => agent.of("challenge.answered").length === 1);
    expect(agent.of("deploy.step")).toMatchObject([{ certificate: name, step: "order begun again" }]);
    await haproxy.reload();
    await obtained(haproxy, name, "f.pem");
    await until("no record is left", async () => (await txtAt(dns, `_acme-challenge.f.${zone}`)).length === 0);
    expect(agent.of("warning")).toEqual([]);
  });

  test("a provider that fails is asked again while HAProxy waits, and domains nobody told of are told", async () => {
    await using haproxy = await startNode(
      acmeConfig(
        world,
        `frontend https
    bind 127.0.0.1:<port:tls> ssl
    ssl-f-use crt <dir>/d.pem acme LE domains "d.${zone}"`,
      ),
      ["d.pem"],
    );
    let calls = 0;
    await using agent = await startAgent(haproxy, dns, {
      config: async () => new Map(),
      bindings: async () => {
        calls += 1;
        if (calls < 3) throw new CertwrightError("PROVIDER_AUTH", `refused`);
        return [await openBinding(dns, new AbortController().signal)];
      },
    });
    await obtained(haproxy, `${haproxy.dir}/d.pem`, "d.pem");
    // Told once, though it happened twice.
    expect(agent.of("warning")).toMatchObject([{ code: "PROVIDER_AUTH", certificate: `${haproxy.dir}/d.pem` }]);
  });

  test("those the configuration names are told", async () => {
    await using webhook = await startWebhook();
    const [early, late] = [30, 60].map((days) =>
      authority.issue({ names: [zone], notBefore: new Date(Date.now() - days * 3_600_000) }),
    );
    await using haproxy = await startNode(
      acmeConfig(
        world,
        `frontend https
    bind 127.0.0.1:<port:tls> ssl
    ssl-f-use crt <dir>/t.pem acme LE domains "${zone}"`,
        { globals: "acme.scheduler off" },
      ),
      [],
      { "t.pem": late?.pem ?? "" },
    );
    const certificate = join(haproxy.dir, "t.pem");
    await writeFile(certificate, early?.pem ?? "", { mode: 0o600 });
    const config = join(haproxy.dir, "certwright.yaml");
    await writeFile(
      config,
      `notifications: { chat: { webhook: "${webhook.url}", on: [failed, deployed, recovered] } }\ncas: { c: { url: "${ca.directoryUrl}" } }\n`,
    );
    await withTempDir(async (state) => {
      const agent = startAgentProcess(haproxy, dns, state, () => {}, undefined, ["--config", config]);
      await until(
        "it is told of",
        () => webhook.notices.length > 0,
        () => JSON.stringify(agent.events),
      );
      expect(webhook.notices).toMatchObject([
        { event: "failed", certificate, code: "HAPROXY_ACME_DISK_NEWER", hint: expect.stringContaining("Reload") },
      ]);
      await writeFile(certificate, "", { mode: 0o600 });
      agent.kill("SIGTERM");
      expect((await agent.ended).by).toBe(0);
      // The next one finds that only memory has it.
      const next = startAgentProcess(haproxy, dns, state, () => {}, undefined, ["--config", config]);
      await until(
        "its end is told of",
        () => webhook.notices.length > 2,
        () => JSON.stringify(next.events),
      );
      expect(
        webhook.notices
          .slice(1)
          .map(({ event }) => event)
          .sort(),
      ).toEqual(["deployed", "recovered"]);
      next.kill("SIGTERM");
      expect((await next.ended).by).toBe(0);
    });
  });

  test("at the start, disk and memory are compared: what is cut in the dump, or newer on disk, is left alone and told", async () => {
    const many = Array.from({ length: 310 }, (_, index) => `${String(index).padStart(27, "n")}.${zone}`);
    const large = authority.issue({ names: many });
    const hourAgo = new Date(Date.now() - 3_600_000);
    const [early, late] = [30, 60].map((days) =>
      authority.issue({ names: [zone], notBefore: hourAgo, notAfter: new Date(Date.now() + days * 86_400_000) }),
    );
    if (!early || !late) throw new Error("no certificates");
    const files = { "large.pem": large.pem, "newer.pem": early.pem, "lost.pem": late.pem };
    await using haproxy = await startNode(
      acmeConfig(
        world,
        `frontend https
    bind 127.0.0.1:<port:tls> ssl
    ssl-f-use crt <dir>/large.pem acme LE domains "${zone}"
    ssl-f-use crt <dir>/newer.pem acme LE domains "${zone}"
    ssl-f-use crt <dir>/lost.pem acme LE domains "${zone}"`,
        { globals: "acme.scheduler off" },
      ),
      [],
      files,
    );
    const write = (file: string, text: string) => writeFile(join(haproxy.dir, file), text, { mode: 0o600 });
    await write("large.pem", placeholder.pem);
    await write("newer.pem", late.pem);
    await write("lost.pem", "");
    await using agent = await startAgent(haproxy, dns);
    const codeOf = (file: string) =>
      agent.of("warning").find(({ certificate }) => certificate === join(haproxy.dir, file))?.code;
    await until(
      "all are seen to",
      () =>
        codeOf("large.pem") !== undefined &&
        codeOf("newer.pem") !== undefined &&
        agent.of("deploy.finished").length > 0,
    );
    expect(codeOf("large.pem")).toBe("HAPROXY_ACME_DUMP");
    expect(codeOf("newer.pem")).toBe("HAPROXY_ACME_DISK_NEWER");
    expect(await readFile(join(haproxy.dir, "large.pem"), "utf8")).toBe(placeholder.pem);
    expect(await readFile(join(haproxy.dir, "newer.pem"), "utf8")).toBe(late.pem);
    const { sha1 } = await onDisk(haproxy, "lost.pem").catch(() => ({ sha1: "" }));
    expect(sha1).toBe(await inMemory(haproxy, join(haproxy.dir, "lost.pem")));
  });
});
