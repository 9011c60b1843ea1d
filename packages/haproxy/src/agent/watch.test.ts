import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseNode } from "../runtime/node.ts";
import { type RingState, watchRing } from "./watch.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "certwright-watch-"));
});
afterEach(() => rm(dir, { recursive: true }));

const at = "2026-11-24T04:46:26.838557+00:00";
const newcert = (name: string) => `<0>${at} acme newcert ${name}\n\0`;
const info = (pid: number) => `Name: HAProxy\nVersion: 3.2.26-1\nPid: ${pid}\nUptime_sec: 1\nStopping: 0\n\n`;

/**
 * A master that says one thing after another, a connection each, and nothing more after the last.
 *
 * @param speeches what is said once asked; `hold` leaves the connection open
 * @param worker the worker that runs, once so much was heard
 */
async function watched(
  speeches: readonly { readonly says: string; readonly hold?: true }[],
  { worker = () => 1, enough = 3 }: { worker?: (heard: number) => number; enough?: number } = {},
) {
  const path = join(dir, "master.sock");
  const asked: string[] = [];
  const sockets: Socket[] = [];
  let count = 0;
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    const speech = speeches[Math.min(count, speeches.length - 1)];
    count += 1;
    socket.once("data", async (bytes) => {
      asked.push(String(bytes));
      // In pieces, as they come.
      for (const part of speech?.says.match(/[\s\S]{1,40}/g) ?? []) {
        socket.write(part);
        await delay(1);
      }
      if (!speech?.hold) socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const controller = new AbortController();
  const states: RingState[] = [];
  const names: string[] = [];
  const watching = watchRing(parseNode(`master:${path}`), {
    signal: controller.signal,
    sleep: async (milliseconds, signal) => void (await delay(Math.min(milliseconds, 5), undefined, { signal })),
    random: () => 0.5,
    onState: (state) => {
      states.push(state);
      if (state.kind === "lost" && states.filter(({ kind }) => kind === "lost").length >= enough) controller.abort();
    },
    currentWorker: async () => worker(names.length),
  });
  for await (const message of watching)
    names.push(message.kind === "newcert" ? `${message.worker} ${message.certificate}` : message.kind);
  server.close();
  for (const socket of sockets) socket.destroy();
  return { asked, states, names };
}

test("each connection replays the ring, and what was told before is left out", async () => {
  const { names, asked } = await watched([
    { says: info(1) + newcert("/a.pem") },
    { says: info(1) + newcert("/a.pem") + newcert("/b.pem") },
    { says: info(1) + newcert("/a.pem") + newcert("/b.pem") + newcert("/c.pem") },
  ]);
  expect(names).toEqual(["1 /a.pem", "1 /b.pem", "1 /c.pem"]);
  expect(new Set(asked)).toEqual(new Set(["@@1 show info;show events dpapi -w -0\n"]));
});

test("a connection that was handed to the worker before is given up for one to the worker that runs", async () => {
  const { names, asked } = await watched(
    [
      { says: info(1) + newcert("/old.pem"), hold: true },
      { says: info(2) + newcert("/new.pem"), hold: true },
      { says: info(3) },
    ],
    { worker: (heard) => 1 + heard, enough: 2 },
  );
  expect(names).toEqual(["1 /old.pem", "2 /new.pem"]);
  expect(asked).toHaveLength(2);
});

test("a message that cannot be read is told, and those after it are heard", async () => {
  const { names, states } = await watched([{ says: `${info(1)}<0>nonsense\0${newcert("/a.pem")}` }], { enough: 1 });
  expect(names).toEqual(["1 /a.pem"]);
  expect(states).toContainEqual({
    kind: "unreadable",
    error: expect.objectContaining({ code: "HAPROXY_UNEXPECTED_ANSWER" }),
  });
});

test.each([
  ["Can't find the target PID matching the prefix '@@1'\n", "HAPROXY_NO_WORKER"],
  [`${info(1)}Permission denied\n\n`, "HAPROXY_LEVEL"],
  ["SSH-2.0-OpenSSH\r\n", "HAPROXY_UNEXPECTED_ANSWER"],
  [`${info(1)}No such sink\n`, "HAPROXY_UNEXPECTED_ANSWER"],
  [info(1), "HAPROXY_CONNECTION_CUT"],
  ["", "HAPROXY_CONNECTION_CUT"],
])("%j is told as %s, and tried again", async (says, code) => {
  const { states } = await watched([{ says }], { enough: 2 });
  const lost = states.filter((state) => state.kind === "lost");
  expect(lost).toHaveLength(2);
  for (const { error } of lost) expect(error).toMatchObject({ code });
});
