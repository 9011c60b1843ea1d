import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createSeen, RingBuffer } from "./ring-buffer.ts";
import { longestMessage, parseRingMessage } from "./ring-message.ts";

const thumbprint = "MCM3hoRgVne_92uJu9Y96dFLKXskU4xT3m__KJj0aYg";
const token = "-Yhw7NpQGmr2uEItekUWFu8xv5Krv2I0ngEn__CoEGs";
const record = createHash("sha256").update(`${token}.${thumbprint}`).digest("base64url");
const at = "2026-11-24T04:46:26.838557+00:00";

/** A message as HAProxy 3.2.26 writes it. */
function deploy({ certificate = "/etc/a.pem", lines = "", value = record, authorization = {} as object } = {}): string {
  const json = {
    status: "pending",
    identifier: { type: "dns", value: "Example.test" },
    challenges: [
      { type: "http-01", url: "https://ca/1", token: "other", status: "pending" },
      { type: "dns-01", url: "https://ca/2", token, status: "pending" },
    ],
    expires: "2026-11-24T05:46:26Z",
    ...authorization,
  };
  return `<0>${at} acme deploy ${certificate} thumbprint ${thumbprint}\n${lines}dns-01-record "${value}"\n${JSON.stringify(json, null, 3)}\n`;
}

describe("parseRingMessage", () => {
  test("a new certificate, by path and by crt-store", () => {
    for (const certificate of ["/etc/ssl/a b.pem", "@st/w"]) {
      expect(parseRingMessage(`<0>${at} acme newcert ${certificate}\n`.trimEnd())).toEqual({
        kind: "newcert",
        at,
        certificate,
      });
    }
  });

  test("a challenge with provider and variables, a wildcard and one without", () => {
    const lines = 'provider-name "exec"\nacme-vars "token=\\"s3cr;et\\""\n';
    expect(parseRingMessage(deploy({ certificate: "@st/w", lines, authorization: { wildcard: true } }))).toEqual({
      ...{
        kind: "deploy",
        at,
        certificate: "@st/w",
        thumbprint,
        token,
        record,
        domain: "example.test",
        wildcard: true,
      },
      ...{ provider: "exec", vars: 'token="s3cr;et"', expires: Date.parse("2026-11-24T05:46:26Z") },
    });
    expect(parseRingMessage(deploy())).toMatchObject({ wildcard: false, certificate: "/etc/a.pem" });
  });

  test("what this version does not know is not an error", () => {
    expect(parseRingMessage(`<0>${at} acme revoke x`)).toEqual({ kind: "foreign", at, text: "acme revoke x" });
  });

  test.each([
    ["no timestamp", "acme newcert x"],
    ["no name", `<0>${at} acme newcert `],
    ["a record that does not follow from the token", deploy({ value: thumbprint })],
    ["no dns-01 challenge", deploy({ authorization: { challenges: [] } })],
    ["two dns-01 challenges", deploy({ authorization: { challenges: [1, 2].map(() => ({ type: "dns-01", token })) } })],
    ["an address", deploy({ authorization: { identifier: { type: "ip", value: "192.0.2.1" } } })],
    ["a name with a line feed", deploy({ authorization: { identifier: { type: "dns", value: "a\nb" } } })],
    ["a token that is none", deploy({ authorization: { challenges: [{ type: "dns-01", token: "a b" }] } })],
    ["JSON that is cut", deploy().slice(0, -20)],
    ["a line nobody wrote so", deploy({ lines: "provider-name exec\n" })],
  ])("%s is refused", (_, text) => {
    expect(() => parseRingMessage(text)).toThrow(expect.objectContaining({ code: "HAPROXY_UNEXPECTED_ANSWER" }));
  });
});

describe("RingBuffer", () => {
  test("messages come out whole, however they were cut", () => {
    const bytes = Buffer.from("<0>one ü\0\n<0>two\0<0>th");
    for (let size = 1; size <= bytes.length; size++) {
      const buffer = new RingBuffer();
      const found: string[] = [];
      for (let from = 0; from < bytes.length; from += size)
        found.push(...buffer.add(bytes.subarray(from, from + size)));
      expect(found).toEqual(["<0>one ü", "<0>two"]);
      expect(buffer.rest).toBe("<0>th");
    }
  });

  test("a message without an end is refused", () => {
    const buffer = new RingBuffer();
    buffer.add(Buffer.alloc(longestMessage, 1));
    expect(() => buffer.add(Buffer.from("x"))).toThrow(expect.objectContaining({ code: "HAPROXY_ANSWER_TOO_LARGE" }));
  });
});

test("a replayed message is seen, one that differs in its timestamp is not", () => {
  const seen = createSeen();
  expect(["a", "b", "a", "c", "b"].map(seen)).toEqual([false, false, true, false, true]);
});
