import { connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parseNode, pushMany } from "@certwright/haproxy";
import { type Haproxy, startHaproxy } from "../servers/index.ts";
import { createTestCa, type TestCertificate } from "../test-ca.ts";

const count = 10_000;
const rounds = 3;
const underWay = 32;

/**
 * 10 000 certificates replaced in one HAProxy: `pushMany`, which checks and proves each, against a bare loop that
 * only sends `set` and `commit` and counts the answers; in turns, the best of each.
 */
export async function benchHaproxy(): Promise<string> {
  const ca = createTestCa("Bench");
  const issueAll = () => Array.from({ length: count }, (_, i) => ca.issue({ names: [`n${i}.test`, `www.n${i}.test`] }));
  const sets = [issueAll(), issueAll()] as const;
  const files: Record<string, string> = { "list.txt": sets[0].map((_, i) => `<dir>/c/${i}.pem\n`).join("") };
  for (const [i, { pem }] of sets[0].entries()) files[`c/${i}.pem`] = pem;
  const config = [
    "defaults",
    "    mode http",
    "    timeout client 5s",
    "    timeout server 5s",
    "    timeout connect 5s",
    "frontend sites",
    "    bind 127.0.0.1:<port:sites> ssl crt-list <dir>/list.txt",
    "",
  ].join("\n");
  await using haproxy = await startHaproxy({ version: "3.2", config, files });

  const times: { bare: number[]; pushed: number[] } = { bare: [], pushed: [] };
  for (let round = 0; round < rounds; round++) {
    times.bare.push(await timed(() => bareLoop(haproxy, sets[1])));
    times.pushed.push(await timed(() => push(haproxy, sets[0])));
  }
  const memory: number[] = [];
  await bareLoop(haproxy, sets[1]);
  await push(haproxy, sets[0], () => void memory.push(liveMegabytes()));
  const [bare, pushed] = [Math.min(...times.bare), Math.min(...times.pushed)];
  const growth = (memory.at(-1) ?? 0) - (memory[0] ?? 0);
  return `${count} certificates: bare loop ${bare} ms, checked and proven ${pushed} ms (${(pushed / bare).toFixed(2)}x); live memory grows by ${growth.toFixed(1)} MB`;
}

/** What is still in use after everything else was given back; how much is not is the collector's affair. */
function liveMegabytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 / 1024;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return Math.round(performance.now() - start);
}

async function push(
  haproxy: Haproxy,
  certificates: readonly TestCertificate[],
  everyThousand = () => {},
): Promise<void> {
  function* requests() {
    for (const [i, { keyPem: key, fullchainPem: chain }] of certificates.entries()) {
      if (i % 1000 === 999) everyThousand();
      yield { certificate: `${haproxy.dir}/c/${i}.pem`, pem: { key, chain }, disk: false } as const;
    }
  }
  const context = { signal: AbortSignal.timeout(120_000), now: Date.now };
  const { updated } = await pushMany(parseNode(haproxy.adminSocket), requests(), context);
  if (updated !== count) throw new Error(`only ${updated} of ${count} were updated`);
}

/** What any client would have to do at least: it looks at nothing but the number of answers. */
function bareLoop(haproxy: Haproxy, certificates: readonly TestCertificate[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(haproxy.adminSocket);
    let sent = 0;
    let answers = 0; // that to "prompt i" has one line feed, and is not among them
    let tail = "";
    const send = () => {
      while (sent < count && sent - answers / 2 < underWay) {
        const name = `${haproxy.dir}/c/${sent}.pem`;
        socket.write(`set ssl cert ${name} <<\n${certificates[sent]?.pem}\ncommit ssl cert ${name}\n`);
        sent++;
      }
    };
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      const text = tail + chunk;
      const ends = text.split("\n\n").length - 1;
      answers += ends;
      tail = text.endsWith("\n\n") ? "" : text.slice(-1);
      if (answers >= 2 * count) {
        socket.destroy();
        resolve();
      } else send();
    });
    socket.once("error", reject);
    socket.write("prompt i\n");
    send();
  });
}
