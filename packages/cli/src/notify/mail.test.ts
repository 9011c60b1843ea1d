import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createServer } from "node:tls";
import { createTestCa } from "@certwright/tools/test-ca";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Notice } from "./channel.ts";
import { mailNotice } from "./mail.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "certwright-mail-"));
});
afterEach(() => rm(dir, { recursive: true }));

const notice: Notice = {
  version: 1,
  event: "failed",
  severity: "warning",
  certificate: "a.example.test",
  code: "ACME_CAA",
  message: "a.example.test could not be renewed: é",
  time: "2026-11-24T00:00:00.000Z",
  host: "edge1",
  text: "",
};

/** A mail server that knows one dialogue (RFC 5321), and ends the conversation at any word it does not expect. */
async function startMailServer(authReply = "235 welcome") {
  const ca = createTestCa();
  const { fullchainPem, keyPem } = ca.issue({
    names: ["localhost"],
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  });
  const messages: string[] = [];
  const unexpected: string[] = [];
  const server = createServer({ cert: fullchainPem, key: keyPem }, (socket) => {
    socket.on("error", () => {});
    void converse(socket);
  });
  let onTalk: (() => void) | undefined;
  const converse = async (socket: Socket): Promise<void> => {
    const say = (line: string) => socket.write(`${line}\r\n`);
    say("220 mail.test ESMTP");
    if (onTalk !== undefined) {
      const talking = setInterval(() => say("250-and another thing"), 5);
      socket.on("close", () => clearInterval(talking));
      for await (const _ of createInterface({ input: socket })) onTalk();
      return;
    }
    let body: string[] | undefined;
    for await (const line of createInterface({ input: socket })) {
      if (body !== undefined) {
        if (line !== ".") body.push(line);
        else {
          messages.push(body.join("\n"));
          body = undefined;
          say("250 kept");
        }
      } else if (line.startsWith("EHLO ")) socket.write("250-mail.test\r\n250 AUTH PLAIN\r\n");
      else if (line === `AUTH PLAIN ${Buffer.from("\0user\0hunter22").toString("base64")}`) say(authReply);
      else if (line === "MAIL FROM:<certwright@example.test>") say("250 ok");
      else if (line === "RCPT TO:<ops@example.test>") say("250 ok");
      else if (line === "DATA") {
        body = [];
        say("354 go on");
      } else if (line === "QUIT") socket.end("221 bye\r\n");
      else {
        unexpected.push(line);
        socket.destroy();
      }
    }
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const caFile = join(dir, "ca.pem");
  await writeFile(caFile, ca.rootPem);
  return {
    smtp: {
      url: `smtps://localhost:${(server.address() as AddressInfo).port}`,
      user: "user",
      password: { env: "P" },
      caFile,
    },
    messages,
    unexpected,
    /** From now on it says lines that are not the last one, until the other side hangs up. */
    talks: (onHello: () => void) => {
      onTalk = onHello;
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const send = (
  smtp: Awaited<ReturnType<typeof startMailServer>>["smtp"],
  signal: AbortSignal = new AbortController().signal,
) =>
  mailNotice(
    notice,
    { email: ["ops@example.test"], from: "certwright@example.test", smtp, on: ["failed"], quiet: 60 },
    "mail",
    async () => "hunter22",
    signal,
  );

it("sends a message over TLS, with the password of its reference", async () => {
  await using server = await startMailServer();
  await send(server.smtp);
  expect(server.unexpected).toEqual([]);
  expect(server.messages).toHaveLength(1);
  expect(server.messages[0]).toMatch(/^Subject: certwright: a\.example\.test failed \(warning\)$/m);
  expect(server.messages[0]).toMatch(/^To: ops@example\.test$/m);
  expect(server.messages[0]).toContain("ACME_CAA");
});

it("leaves a server that talks without end, and its connection, when it is told to", async () => {
  await using server = await startMailServer();
  const controller = new AbortController();
  const heard = Promise.withResolvers<void>();
  server.talks(() => heard.resolve());
  const sending = send(server.smtp, controller.signal);
  await heard.promise;
  controller.abort(new Error("the service ends"));
  await expect(sending).rejects.toThrow("the service ends");
});

it("tells a refused login without the password, and does not try it again", async () => {
  await using server = await startMailServer("535 no, hunter22 is wrong");
  const error: unknown = await send(server.smtp).catch((reason) => reason);
  expect(error).toMatchObject({ code: "CLI_NOTIFY_FAILED", retryable: false });
  expect(String(error)).not.toContain("hunter22");
  expect(server.messages).toEqual([]);
});

it("trusts only whom it is told to", async () => {
  await using server = await startMailServer();
  const { caFile: _, ...smtp } = server.smtp;
  await expect(send(smtp as typeof server.smtp)).rejects.toMatchObject({ code: "CLI_NOTIFY_FAILED" });
});
