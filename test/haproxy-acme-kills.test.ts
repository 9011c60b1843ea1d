import { X509Certificate } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileStore, openJournal } from "@certwright/core/store";
import { type Haproxy, startBind, startPebble, withTempDir } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import {
  acmeConfig,
  inMemory,
  placeholder,
  startAgentProcess,
  startNode,
  txtAt,
  until,
  zone,
  zones,
} from "./haproxy-acme-fixture.ts";

/* The agent as a process, which SIGKILL ends at every step of its work in turn; each time another goes on. */

const dns = await startBind({ zones });
const ca = await startPebble({ dnsServer: dns.address });
const { name: keyName, algorithm, secret } = dns.key;
const vars = `nameserver=${dns.address},keyName=${keyName},key_algorithm=${algorithm},RFC2136_TSIG_SECRET=${secret}`;
const placeholderSha1 = new X509Certificate(placeholder.leafPem).fingerprint.replaceAll(":", "");

/** A HAProxy whose certificate has a name, its wildcard and another name. */
const start = (label: string) =>
  startNode(
    acmeConfig(
      { ca, dns },
      `frontend https
    bind 127.0.0.1:<port:tls> ssl
    ssl-f-use crt <dir>/${label}.pem acme LE domains "${label}.${zone},*.${label}.${zone},other.${label}.${zone}"`,
      { section: `provider-name "rfc2136"\n    acme-vars "${vars}"` },
    ),
    [`${label}.pem`],
  );

const recordsOf = async (label: string) =>
  (await Promise.all([label, `other.${label}`].map((name) => txtAt(dns, `_acme-challenge.${name}.${zone}`)))).flat();

async function onDisk(haproxy: Haproxy, label: string): Promise<string> {
  const x509 = new X509Certificate(await readFile(join(haproxy.dir, `${label}.pem`), "utf8"));
  return x509.fingerprint.replaceAll(":", "");
}

/** Lets an agent run until everything is as it should be, then stops it and looks what is left. */
async function endsRight(haproxy: Haproxy, label: string, state: string): Promise<void> {
  const agent = startAgentProcess(haproxy, dns, state);
  await until(
    "the certificate is kept, and no record is there",
    async () => {
      const sha1 = await onDisk(haproxy, label);
      const isKept = sha1 !== placeholderSha1 && sha1 === (await inMemory(haproxy, `${haproxy.dir}/${label}.pem`));
      return isKept && (await recordsOf(label)).length === 0;
    },
    () => JSON.stringify(agent.events) + haproxy.logs(),
  );
  agent.kill("SIGTERM");
  const { by, stderr } = await agent.ended;
  expect({ by, stderr }).toEqual({ by: expect.toSatisfy((how) => how === 0 || how === "SIGTERM"), stderr: "" });
  expect(agent.events.filter(({ type }) => type === "certificate.failed" || type === "warning")).toEqual([]);
  expect(JSON.stringify(agent.events)).not.toContain(secret);
  // Nothing is noted as still to be removed, and no half-written file is left.
  const store = fileStore(state, { now: Date.now, warn: () => undefined });
  const journal = await openJournal(store, AbortSignal.timeout(5_000));
  expect(await journal.adopt()).toEqual({ effects: [], unreadable: [] });
  await journal.close();
  expect((await readdir(haproxy.dir)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
}

describe.concurrent("the agent, ended by SIGKILL", () => {
  test("at every step of one order, one after the other: it ends right all the same", { timeout: 240_000 }, async () => {
    await using haproxy = await start("k");
    const file = `${haproxy.dir}/k.pem`;
    const moments = [
      // The journal has them, the name server has not.
      "before update 1",
      "after update 1",
      // Some of the values are there.
      "before update 2",
      "after update 2",
      // All of them are, and HAProxy knows nothing of it.
      "before ready 1",
      // Of the first of two names it knows.
      "before ready 2",
      "after ready 2",
      // The CA has issued.
      "before dump 1",
      "after dump 1",
      `before temporary 1 k.pem`,
      `after temporary 1 k.pem`,
      `before rename 1 ${file}`,
      `after rename 1 ${file}`,
      // It is on disk, and the records are still there.
      "before update 1",
      "after update 1",
    ];
    await withTempDir(async (state) => {
      for (const moment of moments) {
        const agent = startAgentProcess(haproxy, dns, state, () => {}, moment);
        const { by, stderr } = await agent.ended;
        expect(by, `${moment}: ${stderr} ${JSON.stringify(agent.events)}`).toBe("SIGKILL");
      }
      await endsRight(haproxy, "k", state);
    });
  });

  test("with the certificate in HAProxy's memory only, which is gone when HAProxy starts again", { timeout: 180_000 }, async () => {
    await using haproxy = await start("m");
    await withTempDir(async (state) => {
      const agent = startAgentProcess(haproxy, dns, state, () => {}, "before dump 1");
      expect((await agent.ended).by).toBe("SIGKILL");
      await haproxy.kill();
      await haproxy.restart();
      expect(await inMemory(haproxy, `${haproxy.dir}/m.pem`)).toBe(placeholderSha1);
      await endsRight(haproxy, "m", state);
    });
  });
});
