/** Work on a file store in a process of its own, for tests that kill it. Arguments: the task, the state directory, an input. */
import { readFileSync } from "node:fs";
import type { CertificateSpec } from "../../spec.ts";
import { fileStore } from "../file-store.ts";
import { openJournal } from "../journal.ts";
import { hold } from "../ledger.ts";
import { openLedger } from "../ledger-file.ts";
import { saveCertificate } from "../save-certificate.ts";
import type { Store } from "../store.ts";
import { hasCode } from "../store-error.ts";

const never = new AbortController().signal;
const now = () => Date.now();
const say = (line: string) => process.stdout.write(`${line}\n`);

const tasks: Readonly<Record<string, (store: Store, input: string) => Promise<void>>> = {
  /** Holds a lease until killed. */
  async hold(store, name) {
    await store.lease(name, { signal: never });
    say("held");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  /** Adds one to a counter, many times: half of them by compare-and-swap, half under a lease. */
  async count(store, times) {
    for (let turn = 0; turn < Number(times); turn += 1)
      await (turn % 2 === 0 ? addBySwap(store) : addUnderLease(store));
  },
  /** Issues, appends and notes without end, from pairs of key and certificate; until killed. */
  async churn(store, file) {
    const pairs = JSON.parse(readFileSync(file, "utf8")) as { keyPem: string; leafPem: string; chainPem: string }[];
    const journal = await openJournal(store, never);
    const ledger = openLedger(store, "https://ca.example/directory", now);
    say("ready");
    for (let turn = 0; ; turn += 1) {
      const value = `value-${process.pid}-${turn}`;
      say(`before ${value}`);
      const effects = [
        { kind: "dns-txt", where: "p", zone: "z", name: "n", value, certificate: "example.com" },
      ] as const;
      const [recorded] = await journal.record(effects, now());
      say(`recorded ${value}`);
      const pair = pairs[turn % pairs.length];
      if (pair === undefined) throw new Error("no pairs");
      const issued = {
        spec,
        ...pair,
        directoryUrl: "https://ca.example/directory",
        accountUrl: "https://ca.example/acct/1",
      };
      await saveCertificate(store, issued, now());
      await ledger.update((value) => [hold(value, { certificate: `c${turn % 7}` }, 3600, "x", now()), undefined]);
      await store.write("value", Buffer.from(String(turn).repeat(5000)));
      if (turn % 3 === 0) journal.done([recorded?.id ?? ""]);
    }
  },
  /** Writes one value, with no umask to help, and says how that ended. */
  async write(store, size) {
    process.umask(0);
    try {
      await store.write("folder/value", Buffer.alloc(Number(size), "x"), { secret: true });
      await store.append("folder/log", Buffer.from("line\n"));
      await store.point("folder/current", "value");
      await (await store.lease("some name", { signal: never })).release();
      say("written");
    } catch (error) {
      say(JSON.stringify({ code: (error as { code?: unknown }).code, message: (error as Error).message }));
    }
  },
};

const spec: CertificateSpec = {
  name: "example.com",
  identifiers: [{ type: "dns", value: "example.com" }],
  keyType: "ec256",
  reuseKey: false,
  cas: [],
  challenges: [],
  dns: {},
  deploy: ["haproxy:/run/haproxy.sock"],
};

async function addBySwap(store: Store): Promise<void> {
  for (;;) {
    const value = await store.read("counter");
    const next = Number(Buffer.from(value?.bytes ?? []).toString()) + 1;
    try {
      await store.write("counter", Buffer.from(String(next)), { ifVersion: value?.version ?? null });
      return;
    } catch (error) {
      if (!hasCode(error, "STORE_CONFLICT")) throw error;
    }
  }
}

async function addUnderLease(store: Store): Promise<void> {
  await using _lease = await store.lease("counter", { signal: never, waitMs: 60_000 });
  const value = await store.read("leased-counter");
  await store.write("leased-counter", Buffer.from(String(Number(Buffer.from(value?.bytes ?? []).toString()) + 1)));
}

const [task = "", directory = "", input = ""] = process.argv.slice(2);
await tasks[task]?.(fileStore(directory, { now, warn: () => {} }), input);
process.exit(0);
