import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { parseNode } from "./node.ts";
import { openSession, type Session } from "./session.ts";

const info = "Name: HAProxy\nVersion: 3.2.26\nPid: 7\nUptime_sec: 1\nStopping: 0\n\n";
const pools = "  - Pool buffer (16384 bytes) : 3 allocated\n\n";
const greeting: Exchange = ["prompt i;show info\nshow pools match buffer\n", `\n${info}${pools}`];
const opening = "@1 show info\n@1 show pools match buffer\n";

/** What must come, and what is said then: bytes, or an act on the socket. */
type Exchange = readonly [request: string, answer: string | ((socket: Socket) => void)];

/** A Runtime API that follows a script to the letter: anything else, or anything left over, fails the test. */
async function scripted(script: readonly Exchange[], use: (path: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "cw-cli-"));
  const path = join(dir, "s.sock");
  const rest = [...script];
  const faults: string[] = [];
  const server = createServer((socket) => {
    let heard = "";
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
      for (let next = rest[0]; next && heard.startsWith(next[0]); next = rest[0]) {
        heard = heard.slice(next[0].length);
        rest.shift();
        if (typeof next[1] === "string") socket.write(next[1]);
        else next[1](socket);
      }
      const expected = rest[0]?.[0] ?? "";
      if (!expected.startsWith(heard)) faults.push(`unexpected: ${JSON.stringify(heard)}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    await use(path);
    expect(faults).toEqual([]);
    expect(rest.map(([request]) => request)).toEqual([]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
    await rm(dir, { recursive: true, force: true });
  }
}

async function withSession(
  script: readonly Exchange[],
  use: (session: Session) => Promise<void>,
  options: { signal?: AbortSignal; kind?: "unix" | "master" } = {},
): Promise<void> {
  const { signal = new AbortController().signal, kind = "unix" } = options;
  await scripted(kind === "unix" ? [greeting, ...script] : script, async (path) => {
    const session = await openSession(parseNode(`${kind}:${path}`), { signal, answerTimeout: 60_000 });
    try {
      await use(session);
    } finally {
      session.close();
    }
  });
}

/** For the rest of the test time passes only when told to. */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
}

/** Once what was written to a local socket has been read at its other end, in this process. */
const afterATurn = (act: () => void) => setImmediate(() => setImmediate(act));

const code = (value: string) => expect.objectContaining({ code: value });
const level: Exchange = ["show cli level\n", "admin\n\n"];

describe("a session", () => {
  test("knows its worker, sends ahead and hears in order", async () => {
    await withSession([level, ["set x <<\na\nb\n\n", "done\n\n"], level], async (session) => {
      expect(session.worker).toMatchObject({ version: "3.2.26", pid: 7, stopping: false });
      const answers = [
        session.send("show cli level"),
        session.send("set x", { payload: "a\nb\n" }),
        session.send("show cli level"),
      ];
      expect(await Promise.all(answers)).toEqual(["admin", "done", "admin"]);
    });
  });

  test("through a master every command is sent to the worker of now", async () => {
    const script: Exchange[] = [
      [opening, info + pools],
      ["@1 show cli level\n", "admin\n\n"],
    ];
    const use = async (session: Session) => expect(await session.send("show cli level")).toBe("admin");
    await withSession(script, use, { kind: "master" });
  });

  test.each<[string, Exchange, string]>([
    [
      "a master without a worker",
      [opening, "Can't find the target PID matching the prefix '@1'\n".repeat(2)],
      "HAPROXY_NO_WORKER",
    ],
    ["a worker that is leaving", [opening, info.replace("Stopping: 0", "Stopping: 1")], "HAPROXY_WORKER_STOPPING"],
    ["no right to ask", [opening, "Permission denied\n\n"], "HAPROXY_LEVEL"],
    ["something else", [opening, "220 mail.example.test ESMTP\n\n"], "HAPROXY_UNEXPECTED_ANSWER"],
    ["an end", [opening, (socket) => socket.destroy()], "HAPROXY_CONNECTION_CUT"],
  ])("does not begin with %s", async (_, exchange, expected) => {
    await expect(withSession([exchange], async () => {}, { kind: "master" })).rejects.toThrow(code(expected));
  });

  test("an answer may come a byte at a time", async () => {
    const slowly = (socket: Socket) => {
      const bytes = [..."admin\n\n"];
      const next = () => {
        const byte = bytes.shift();
        if (byte !== undefined) socket.write(byte, () => setImmediate(next));
      };
      next();
    };
    await withSession([["show cli level\n", slowly]], async (session) => {
      expect(await session.send("show cli level")).toBe("admin");
    });
  });

  test.each(["adm", ""])("an answer that never ends, or never comes, ends the session: %j", async (answer) => {
    stopTime();
    // The time is over when that was heard, however long the question took to come.
    const late = (socket: Socket) => {
      socket.write(answer);
      afterATurn(() => vi.advanceTimersByTime(60_000));
    };
    await withSession([["show cli level\n", late]], async (session) => {
      await expect(session.send("show cli level")).rejects.toThrow(code("HAPROXY_TIMEOUT"));
      await expect(session.send("show cli level")).rejects.toThrow(code("HAPROXY_TIMEOUT"));
    });
  });

  test("an answer without end is not swallowed", async () => {
    const pour = (socket: Socket) => {
      const more = () => {
        if (!socket.destroyed) socket.write("x".repeat(32_768), () => setImmediate(more));
      };
      more();
    };
    await withSession([["show info\n", pour]], async (session) => {
      await expect(session.send("show info")).rejects.toThrow(code("HAPROXY_ANSWER_TOO_LARGE"));
    });
  });

  test("words nobody asked for end it", async () => {
    await withSession([["show cli level\n", "admin\n\nand more"]], async (session) => {
      await session.send("show cli level");
      await expect(session.send("show cli level")).rejects.toThrow(code("HAPROXY_UNEXPECTED_ANSWER"));
    });
  });

  test("a cut connection fails every answer still due, and shows no key", async () => {
    const line = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVcB/UNPxalR9zDYA";
    const script: Exchange[] = [["a\n", (socket) => socket.end(`Unknown command: '${line}`)]];
    await scripted([greeting, ...script, ["b\n", ""]], async (path) => {
      const session = await openSession(parseNode(path), { signal: new AbortController().signal });
      const [first, second] = await Promise.allSettled([session.send("a"), session.send("b")]);
      expect(first).toMatchObject({ reason: code("HAPROXY_CONNECTION_CUT") });
      expect(second).toMatchObject({ reason: code("HAPROXY_CONNECTION_CUT") });
      expect(String(first.status === "rejected" && first.reason)).not.toContain(line.slice(0, 8));
    });
  });

  test("when aborted it hears out what was sent, and sends no more", async () => {
    const controller = new AbortController();
    const script: Exchange[] = [
      [
        "commit ssl cert x\n",
        (socket) => {
          controller.abort(new Error("Ctrl-C"));
          setImmediate(() => socket.write("Success!\n\n"));
        },
      ],
    ];
    const use = async (session: Session) => {
      expect(await session.send("commit ssl cert x")).toBe("Success!");
      await expect(session.send("show cli level")).rejects.toThrow("Ctrl-C");
    };
    await withSession(script, use, { signal: controller.signal });
  });
});
