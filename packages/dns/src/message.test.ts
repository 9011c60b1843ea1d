import dnsPacket from "dns-packet";
import { describe, expect, it } from "vitest";
import { decodeAnswer, describeRcode, encodeQuery, type Question } from "./message.ts";
import { cname, type FakeReply, replyTo, soa, txt } from "./testing/fake-dns.ts";
import { frameOf } from "./wire.ts";

const question: Question = { name: "_acme-challenge.example.test", type: "TXT" };
const query = encodeQuery(question, { id: 4711, recursive: true });

function answerTo(reply: FakeReply): Buffer {
  return replyTo(dnsPacket.decode(query), reply);
}

function read(bytes: Buffer) {
  return decodeAnswer(bytes, query);
}

describe("encodeQuery", () => {
  it("asks one question with EDNS and without fragments", () => {
    const message = dnsPacket.decode(query);
    expect(message).toMatchObject({ id: 4711, type: "query", flag_rd: true, flag_cd: false });
    expect(message.questions).toEqual([{ ...question, class: "IN" }]);
    expect(message.additionals).toMatchObject([{ type: "OPT", udpPayloadSize: 1232, flag_do: false }]);
  });

  it("leaves out what it is told to", () => {
    const plain = encodeQuery(question, { id: 1, recursive: false, checkingDisabled: true, edns: false });
    expect(dnsPacket.decode(plain)).toMatchObject({ flag_rd: false, flag_cd: true, additionals: [] });
  });
});

describe("decodeAnswer", () => {
  it("reads every type it knows and leaves the others out", () => {
    const name = "x.example.test";
    const digest = Buffer.from("abcd", "hex");
    const bytes = answerTo({
      answers: [
        { type: "A", name, ttl: 1, data: "192.0.2.1" },
        { type: "AAAA", name, ttl: 2, data: "2001:db8::1" },
        cname("X.Example.test", "Y.example.test"),
        { type: "NS", name, ttl: 3, data: "ns.example.test" },
        { type: "TXT", name, ttl: 4, data: ["a".repeat(255), "bc"] },
        { type: "CAA", name, ttl: 5, data: { issuerCritical: true, tag: "issue", value: "ca.test; x=y" } },
        { type: "SRV", name, ttl: 5, data: { priority: 1, weight: 2, port: 443, target: "Node.test" } },
        { type: "DS", name, ttl: 6, data: { keyTag: 1, algorithm: 13, digestType: 2, digest } },
        { type: "MX", name, ttl: 7, data: { preference: 1, exchange: "mx.example.test" } },
        { type: "TXT", name, class: "CH", ttl: 4, data: "chaos" },
      ],
      authorities: [soa("example.test", 30)],
    });
    const { answers, authorities, ...header } = read(bytes);
    expect(header).toMatchObject({ rcode: "NOERROR", authoritative: true, truncated: false, authenticData: false });
    expect(answers).toEqual([
      { type: "A", name, ttl: 1, address: "192.0.2.1" },
      { type: "AAAA", name, ttl: 2, address: "2001:db8::1" },
      { type: "CNAME", name, ttl: 60, target: "y.example.test" },
      { type: "NS", name, ttl: 3, target: "ns.example.test" },
      { type: "TXT", name, ttl: 4, value: `${"a".repeat(255)}bc` },
      { type: "CAA", name, ttl: 5, critical: true, tag: "issue", value: "ca.test; x=y" },
      { type: "SRV", name, ttl: 5, target: "node.test", port: 443, priority: 1, weight: 2 },
      { type: "DS", name, ttl: 6, keyTag: 1, algorithm: 13, digestType: 2, digest: "abcd" },
    ]);
    expect(authorities).toEqual([
      { type: "SOA", name: "example.test", ttl: 3600, primary: "ns.example.test", serial: 7, negativeTtl: 30 },
    ]);
  });

  it("joins TXT strings before it decodes them, and keeps bytes that are not UTF-8", () => {
    const umlaut = Buffer.from("ü");
    const texts = [[umlaut.subarray(0, 1), umlaut.subarray(1)], [Buffer.from([0xff, 0x41])], [""]];
    const answers = texts.map((data) => ({ type: "TXT" as const, name: "x.test", data }));
    expect(read(answerTo({ answers })).answers.map((record) => "value" in record && record.value)).toEqual([
      "ü",
      "ÿA",
      "",
    ]);
  });

  it("prints hostile names harmlessly", () => {
    const [record] = read(answerTo({ answers: [cname("a.test", "e\u001b[2Jvil\u00e4.test")] })).answers;
    expect(record).toMatchObject({ target: "e\\027[2jvil\\195\\164.test" });
  });

  it("knows response codes beyond the header, and the server's own words", () => {
    const bogus = { code: 15, data: Buffer.concat([Buffer.from([0, 6]), Buffer.from("signature\u001b expired")]) };
    const opt = { type: "OPT", name: ".", udpPayloadSize: 1232, extendedRcode: 1, options: [bogus] };
    const answer = read(answerTo({ additionals: [opt as never] }));
    expect(answer.rcode).toBe("BADVERS");
    expect(answer.extendedErrors).toEqual([{ code: 6, text: "signature expired" }]);
    expect(describeRcode(answer)).toBe("BADVERS (signature expired)");
    expect(describeRcode({ ...answer, rcode: "SERVFAIL", extendedErrors: [{ code: 6, text: "" }] })).toBe(
      "SERVFAIL (DNSSEC bogus)",
    );
    expect(read(answerTo({ rcode: 12 })).rcode).toBe("RCODE_12");
  });

  it("reads nothing but the header of a truncated answer, wherever it was cut", () => {
    const cut = answerTo({ truncated: true, answers: [txt(question.name, "x".repeat(99))] }).subarray(0, -20);
    expect(read(cut)).toMatchObject({ truncated: true, rcode: "NOERROR", answers: [] });
  });

  it("takes a refusal without question from a server that could not read the query", () => {
    const bare = Buffer.from(answerTo({ rcode: 1 }).subarray(0, 12));
    bare.writeUInt16BE(0, 4);
    expect(read(bare).rcode).toBe("FORMERR");
  });

  const good = answerTo({ answers: [txt(question.name, "value")] });
  const changed = (change: (bytes: Buffer) => void): Buffer => {
    const copy = Buffer.from(good);
    change(copy);
    return copy;
  };

  it.each([
    ["another id", changed((bytes) => bytes.writeUInt16BE(4712, 0))],
    ["a query", changed((bytes) => (bytes[2] = 0))],
    ["another opcode", changed((bytes) => (bytes[2] = 0xa8))],
    ["another letter case", changed((bytes) => (bytes[13] = 0x41 + (bytes[13] ?? 0) - 0x61))],
    ["another type", changed((bytes) => (bytes[12 + 31] = 1))],
    ["no question", changed((bytes) => bytes.writeUInt16BE(0, 4))],
    ["two questions", changed((bytes) => bytes.writeUInt16BE(2, 4))],
    ["more records than there are", changed((bytes) => bytes.writeUInt16BE(2, 6))],
    ["fewer records than there are", changed((bytes) => bytes.writeUInt16BE(0, 6))],
    ["bytes left over", Buffer.concat([good, Buffer.from([0])])],
    ["a header only", good.subarray(0, 12)],
    ["less than a header", good.subarray(0, 11)],
    ["nothing", Buffer.alloc(0)],
    ["more than a message may hold", Buffer.concat([good, Buffer.alloc(65_536)])],
  ])("refuses %s", (_, bytes) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: "DNS_BAD_ANSWER" }));
  });

  it("refuses an answer cut anywhere", () => {
    for (let end = 0; end < good.length; end++) {
      expect(() => read(good.subarray(0, end)), `cut at ${end}`).toThrow(
        expect.objectContaining({ code: "DNS_BAD_ANSWER" }),
      );
    }
  });

  it("survives any single byte being wrong", () => {
    for (let index = 12; index < good.length; index++) {
      for (const byte of [0, 0x3f, 0x40, 0xc0, 0xff]) {
        const bytes = changed((copy) => (copy[index] = byte));
        try {
          read(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "DNS_BAD_ANSWER" });
        }
      }
    }
    expect(read(good).answers).toHaveLength(1);
  });

  const cnameAnswer = answerTo({ answers: [cname(question.name, "target.example.test")] });
  const { dataOffset } = frameOf(cnameAnswer).records[0] ?? { dataOffset: 0 };
  const pointing = (to: number): Buffer => {
    const bytes = Buffer.concat([cnameAnswer.subarray(0, dataOffset), Buffer.from([0xc0, to])]);
    bytes.writeUInt16BE(2, dataOffset - 2);
    return bytes;
  };

  it("follows compression pointers", () => {
    expect(read(pointing(12)).answers).toMatchObject([{ target: question.name }]);
  });

  it.each([
    ["to itself", pointing(dataOffset)],
    ["forwards", pointing(0xff)],
  ])("does not follow a pointer %s", (_, bytes) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: "DNS_BAD_ANSWER" }));
  });

  it("refuses record data whose length contradicts what is in it", () => {
    const bytes = Buffer.concat([cnameAnswer, Buffer.from([0, 0, 0])]);
    bytes.writeUInt16BE(bytes.readUInt16BE(dataOffset - 2) + 3, dataOffset - 2);
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: "DNS_BAD_ANSWER" }));
  });
});
