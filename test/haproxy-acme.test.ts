import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, startPebble } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import {
  acmeConfig,
  authority,
  inMemory,
  missing,
  obtained,
  onDisk,
  placeholder,
  runCommand,
  startAgent,
  startNode,
  startWorld,
  txtAt,
  until,
  zone,
} from "./haproxy-acme-fixture.ts";

// HAProxy's own waits make an order last ten seconds or more: all of them run at the same time, over one CA and DNS.
const world = await startWorld();
const { dns } = world;

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
    const httpPort = await freePort();
    await using ca = await startPebble({ dnsServer: dns.address, httpPort });
    await using haproxy = await startNode(
      acmeConfig(
        { ca, dns },
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
    // The CA stands still meanwhile, lest the order that is begun be over when the second node is asked.
    process.kill(ca.pid, "SIGSTOP");
    const renewed = await runCommand(["haproxy", "renew", name, ...nodes]);
    process.kill(ca.pid, "SIGCONT");
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
    await using agent = await startAgent(haproxy, dns, { limits: { ...missing, renewRetries: [600_000] } });
    for (const file of ["first.pem", "second.pem"]) {
      await haproxy.command(`acme renew ${haproxy.dir}/${file}`);
      await obtained(haproxy, `${haproxy.dir}/${file}`, file);
    }
    expect(agent.added()).toEqual([`_acme-challenge.a.${zone}`, `_acme-challenge.c.${zone}`]);
    expect(agent.of("warning")).toEqual([]);
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
