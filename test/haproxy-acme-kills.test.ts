import { readdir } from "node:fs/promises";
import { fileStore, openJournal } from "@certwright/core/store";
import { type Haproxy, withTempDir } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import { patience } from "./cli-process.ts";
import {
  acmeConfig,
  inMemory,
  onDisk,
  placeholderSha1,
  startAgentProcess,
  startNode,
  startWorld,
  txtAt,
  until,
  zone,
} from "./haproxy-acme-fixture.ts";

/* The agent as a process, which SIGKILL ends at every step of its work in turn; each time another goes on. */

const { ca, dns } = await startWorld();
const { name: keyName, algorithm, secret } = dns.key;
const vars = `nameserver=${dns.address},keyName=${keyName},key_algorithm=${algorithm},RFC2136_TSIG_SECRET=${secret}`;

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

/** Values the journal has of agents that were killed, and leaves to the next one. */
async function leftBehind(state: string): Promise<readonly string[]> {
  const store = fileStore(state, { now: Date.now, warn: () => undefined });
  const journal = await openJournal(store, AbortSignal.timeout(patience));
  const { effects, living, unreadable } = await journal.adopt();
  await journal.close();
  expect({ living, unreadable }).toEqual({ living: 0, unreadable: [] });
  // Each agent notes anew what it sets anew.
  return [...new Set(effects.map(({ value }) => value))];
}

/**
 * Lets an agent run until everything is as it should be, then stops it and looks what is left.
 *
 * @param least how many records the journal must have: while a certificate is kept, any number of them may be removed
 */
async function endsRight(haproxy: Haproxy, label: string, state: string, least: number): Promise<void> {
  // The agent removes these although one before it may have done so: the journal need not know of it yet.
  const left = await leftBehind(state);
  expect(left.length).toBeGreaterThanOrEqual(least);
  const agent = startAgentProcess(haproxy, dns, state);
  await until(
    "the certificate is kept, and no record is there",
    async () => {
      const { sha1 } = await onDisk(haproxy, `${label}.pem`);
      const isKept = sha1 !== placeholderSha1 && sha1 === (await inMemory(haproxy, `${haproxy.dir}/${label}.pem`));
      const values = (type: "txt.added" | "txt.removed") =>
        new Set(agent.events.flatMap((event) => (event.type === type ? event.records.map(({ value }) => value) : [])));
      const removed = values("txt.removed");
      const isRemoved = [...left, ...values("txt.added")].every((value) => removed.has(value));
      return isKept && isRemoved && (await recordsOf(label)).length === 0;
    },
    () => JSON.stringify(agent.events) + haproxy.logs(),
  );
  agent.kill("SIGTERM");
  const { by, stderr } = await agent.ended;
  expect({ by, stderr }).toEqual({ by: 0, stderr: "" });
  expect(agent.events.filter(({ type }) => type === "certificate.failed" || type === "warning")).toEqual([]);
  expect(JSON.stringify(agent.events)).not.toContain(secret);
  // Nothing is noted as still to be removed, and no half-written file is left.
  expect(await leftBehind(state)).toEqual([]);
  expect((await readdir(haproxy.dir)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
}

describe.concurrent("the agent, ended by SIGKILL", () => {
  // One update sets all records of an order, for they are in one zone.
  const setting = ["before update 1", "after update 1", "before ready 1", "before ready 2", "after ready 2"];
  const keeping = ["dump 1", "temporary 1 NAME.pem", "rename 1 DIR/NAME.pem"].flatMap((step) => [
    `before ${step}`,
    `after ${step}`,
  ]);
  // The second update of a process that goes on with an order removes what the first set; a later one has only that to do.
  const removing = ["before update 2", "after update 1"];
  test.each([
    ["from the first record to the file", "k", [...setting, ...keeping], 0],
    ["until the last record is gone", "l", ["before ready 2", ...removing], 3],
  ] as const)("%s, at every step in turn: it ends right all the same", async (_, label, moments, least) => {
    await using haproxy = await start(label);
    await withTempDir(async (state) => {
      for (const each of moments) {
        const moment = each.replace("DIR", haproxy.dir).replace("NAME", label);
        const agent = startAgentProcess(haproxy, dns, state, () => {}, moment);
        const { by, stderr } = await agent.ended;
        expect(by, `${moment}: ${stderr} ${JSON.stringify(agent.events)}`).toBe("SIGKILL");
      }
      await endsRight(haproxy, label, state, least);
    });
  });

  test("with the certificate in HAProxy's memory only, which is gone when HAProxy starts again", async () => {
    await using haproxy = await start("m");
    await withTempDir(async (state) => {
      const agent = startAgentProcess(haproxy, dns, state, () => {}, "before dump 1");
      expect((await agent.ended).by).toBe("SIGKILL");
      await haproxy.kill();
      await haproxy.restart();
      expect(await inMemory(haproxy, `${haproxy.dir}/m.pem`)).toBe(placeholderSha1);
      await endsRight(haproxy, "m", state, 0);
    });
  });
});
