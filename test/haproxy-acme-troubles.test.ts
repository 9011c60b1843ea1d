import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CertwrightError } from "@certwright/provider";
import { withTempDir } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import {
  acmeConfig,
  authority,
  missing,
  obtained,
  openBinding,
  placeholder,
  quick,
  startAgent,
  startAgentProcess,
  startNode,
  startWorld,
  txtAt,
  until,
  zone,
} from "./haproxy-acme-fixture.ts";
import { startProxy } from "./socket-proxy.ts";
import { startWebhook } from "./webhook.ts";

// HAProxy's own waits make an order last ten seconds or more: all of them run at the same time, over one CA and DNS.
const world = await startWorld();
const { ca, dns } = world;

describe.concurrent("the agent for HAProxy's native ACME, where something goes wrong", () => {
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
    expect(agent.of("certificate.failed"), haproxy.logs()).toEqual([]);
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
    expect(agent.of("deploy.step")[0]).toMatchObject({ certificate: name, step: "order begun again" });
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
      limits: missing,
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
      agent.kill("SIGTERM");
      expect((await agent.ended).by).toBe(0);
      await writeFile(certificate, "", { mode: 0o600 });
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
});
