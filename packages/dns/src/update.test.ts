import { createHmac } from "node:crypto";
import dnsPacket from "dns-packet";
import { describe, expect, it } from "vitest";
import { type RawReply, rcodes, silent, startFakeDns } from "./testing/fake-dns.ts";
import { type TsigAlgorithm, type TsigKey, tsigHashes } from "./tsig-key.ts";
import { type SendUpdateOptions, sendUpdate } from "./update.ts";
import { encodeUpdate, type Update } from "./update-message.ts";
import { frameOf, uint, wireName } from "./wire.ts";

const zone = "example.test";
const name = `_acme-challenge.${zone}`;
const key: TsigKey = { name: "Key.test.", algorithm: "hmac-sha256", secret: Buffer.alloc(32, 7).toString("base64") };
const update: Update = { zone, add: [{ name, type: "TXT", ttl: 60, value: "value" }] };
const nowMs = 1_800_000_000_000;

describe("encodeUpdate", () => {
  const long = "x".repeat(300);
  const bytes = encodeUpdate(
    {
      zone: "Example.Test.",
      add: [{ name, type: "TXT", ttl: 60, value: long }],
      remove: [{ name, type: "TXT", value: "old" }],
      clear: [{ name: `a.${zone}`, type: "TXT" }],
    },
    4711,
  );

  it("writes the zone and the changes, removals first", () => {
    const message = dnsPacket.decode(bytes);
    expect(message).toMatchObject({ id: 4711, type: "query", opcode: "UPDATE", answers: [], additionals: [] });
    expect(message.questions).toEqual([{ name: zone, type: "SOA", class: "IN" }]);
    expect(message.authorities).toMatchObject([
      { name: `a.${zone}`, type: "TXT", class: "ANY", ttl: 0, data: [] },
      { name, type: "TXT", class: "UNKNOWN_254", ttl: 0, data: [Buffer.from("old")] },
      { name, type: "TXT", class: "IN", ttl: 60, data: [Buffer.alloc(255, "x"), Buffer.alloc(45, "x")] },
    ]);
  });

  it("writes an empty value as one empty string", () => {
    const empty = encodeUpdate({ zone, add: [{ name, type: "TXT", ttl: 1, value: "" }] }, 1);
    expect(dnsPacket.decode(empty).authorities).toMatchObject([{ data: [Buffer.alloc(0)] }]);
  });

  it("refuses a bad name", () => {
    expect(() => encodeUpdate({ zone, clear: [{ name: "a..b", type: "TXT" }] }, 1)).toThrow(
      expect.objectContaining({ code: "DNS_BAD_NAME" }),
    );
  });
});

/** What a server may do differently from a good one. */
interface ServerFaults {
  readonly rcode?: number;
  readonly error?: number;
  /** Seconds its clock is ahead. */
  readonly ahead?: number;
  readonly other?: Buffer;
  readonly secret?: Buffer;
  readonly noMac?: boolean;
}

/** Signs an answer as RFC 8945 section 5.3 says, written apart from the code under test. */
function signedReply({
  rcode = 0,
  error = 0,
  ahead = 0,
  other = Buffer.alloc(0),
  secret,
  noMac,
}: ServerFaults): RawReply {
  return (query) => {
    const requestTsig = frameOf(query).records.at(-1);
    if (requestTsig === undefined) throw new Error("the request is not signed");
    const requestData = query.subarray(requestTsig.dataOffset);
    const algorithm = requestData.subarray(0, requestData.indexOf(0) + 1);
    const requestMacLength = requestData.readUInt16BE(algorithm.length + 8);
    const requestMac = requestData.subarray(algorithm.length + 10, algorithm.length + 10 + requestMacLength);
    const hash = tsigHashes[algorithm.subarray(1, -1).toString() as TsigAlgorithm];

    const head = Buffer.concat([query.subarray(0, 2), uint(0xa800 | rcode, 2), Buffer.alloc(8)]);
    const times = Buffer.concat([uint(nowMs / 1000 + ahead, 6), uint(300, 2)]);
    const errors = Buffer.concat([uint(error, 2), uint(other.length, 2), other]);
    const variables = [wireName("key.test"), uint(255, 2), uint(0, 4), algorithm, times, errors];
    const hmac = createHmac(hash, secret ?? Buffer.from(key.secret, "base64"));
    const mac = hmac.update(Buffer.concat([uint(requestMac.length, 2), requestMac, head, ...variables])).digest();
    const sent = noMac ? Buffer.alloc(0) : mac;
    const data = Buffer.concat([algorithm, times, uint(sent.length, 2), sent, query.subarray(0, 2), errors]);
    const record = [wireName("key.test"), uint(250, 2), uint(255, 2), uint(0, 4), uint(data.length, 2), data];
    head.writeUInt16BE(1, 10);
    return [Buffer.concat([head, ...record])];
  };
}

const unsigned =
  (rcode: number): RawReply =>
  (query) => [Buffer.concat([query.subarray(0, 2), uint(0xa800 | rcode, 2), Buffer.alloc(8)])];

async function send(
  reply: RawReply,
  options: SendUpdateOptions & { key?: TsigKey | undefined } = { key },
): Promise<void> {
  await using fake = await startFakeDns();
  fake.on(`SOA ${zone}`, reply);
  await sendUpdate(update, fake.server, options.key, { now: () => nowMs, timeoutMs: 30_000, ...options });
}

describe("sendUpdate", () => {
  it.each(["tcp", "udp"] as const)("is done when a signed answer says so, over %s", async (transport) => {
    await expect(send(signedReply({}), { key, transport })).resolves.toBeUndefined();
  });

  it.each(Object.keys(tsigHashes))("signs with %s, however it is spelled", async (algorithm) => {
    await expect(send(signedReply({}), { key: { ...key, algorithm } })).resolves.toBeUndefined();
    await expect(
      send(signedReply({}), { key: { ...key, algorithm: `${algorithm.toUpperCase()}.` } }),
    ).resolves.toBeUndefined();
  });

  it("works without a key where the server allows it", async () => {
    await expect(send(unsigned(0), { key: undefined })).resolves.toBeUndefined();
  });

  it.each<[string, RawReply, string]>([
    ["refused", signedReply({ rcode: rcodes.refused }), "DNS_UPDATE_REFUSED"],
    ["refused before the key was looked at", unsigned(rcodes.refused), "DNS_UPDATE_REFUSED"],
    ["another zone", signedReply({ rcode: rcodes.notzone }), "DNS_UPDATE_NOTZONE"],
    ["not the primary", signedReply({ rcode: rcodes.notauth }), "DNS_UPDATE_NOTAUTH"],
    ["not the primary, or the key", unsigned(rcodes.notauth), "DNS_UPDATE_NOTAUTH"],
    ["not able", signedReply({ rcode: rcodes.notimp }), "DNS_UPDATE_FAILED"],
    ["an unknown key", signedReply({ rcode: rcodes.notauth, error: 17, noMac: true }), "DNS_TSIG_BADKEY"],
    ["a wrong secret", signedReply({ rcode: rcodes.notauth, error: 16, noMac: true }), "DNS_TSIG_BADSIG"],
    [
      "a wrong time",
      signedReply({ rcode: rcodes.notauth, error: 18, other: uint(nowMs / 1000 - 3600, 6) }),
      "DNS_TSIG_BADTIME",
    ],
    ["an answer from another time", signedReply({ ahead: 301 }), "DNS_TSIG_BADTIME"],
    ["an unsigned success", unsigned(0), "DNS_TSIG_UNVERIFIED"],
    ["a success signed with another secret", signedReply({ secret: Buffer.from("x") }), "DNS_TSIG_UNVERIFIED"],
    ["a success without MAC", signedReply({ noMac: true }), "DNS_TSIG_UNVERIFIED"],
    ["an error without MAC that claims success", signedReply({ error: 17, noMac: true }), "DNS_TSIG_UNVERIFIED"],
    ["garbage", () => [Buffer.from("garbage")], "DNS_BAD_ANSWER"],
    ["an answer to something else", (query) => unsigned(0)(Buffer.alloc(query.length), "tcp"), "DNS_BAD_ANSWER"],
    ["silence", silent, "DNS_TIMEOUT"],
  ])("fails on %s", async (_, reply, code) => {
    const limits = code === "DNS_TIMEOUT" ? { timeoutMs: 300 } : {};
    const error = await send(reply, { key, ...limits }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, hint: expect.any(String) });
    expect(JSON.stringify(error) + String(error)).not.toContain(key.secret);
  });

  it("says how far the clocks are apart", async () => {
    const reply = signedReply({ rcode: rcodes.notauth, error: 18, other: uint(nowMs / 1000 - 3600, 6) });
    await expect(send(reply)).rejects.toThrow("this clock is 3600 s ahead of the server's");
  });

  it("marks what may pass as retryable", async () => {
    await expect(send(signedReply({ rcode: rcodes.servfail }))).rejects.toMatchObject({ retryable: true });
    await expect(send(signedReply({ rcode: rcodes.refused }))).rejects.toMatchObject({ retryable: false });
  });

  it("notices a change to a signed answer", async () => {
    const changed: RawReply = (query, transport) => {
      const [bytes = Buffer.alloc(0)] = signedReply({ rcode: rcodes.refused })(query, transport);
      bytes.writeUInt16BE(0xa800, 2);
      return [bytes];
    };
    await expect(send(changed)).rejects.toMatchObject({ code: "DNS_TSIG_UNVERIFIED" });
  });

  it("ignores forged answers over UDP", async () => {
    const reply: RawReply = (query, transport) => [
      ...unsigned(0)(Buffer.alloc(12), transport),
      ...unsigned(0)(query, transport),
      ...signedReply({})(query, transport),
    ];
    await expect(send(reply, { key, transport: "udp" })).resolves.toBeUndefined();
  });

  it("stops on abort", async () => {
    const abort = new AbortController();
    const reply: RawReply = () => {
      abort.abort(new Error("enough"));
      return [];
    };
    await expect(send(reply, { key, signal: abort.signal })).rejects.toThrow("enough");
  });

  it.each<[string, TsigKey]>([
    ["hmac-md5", { ...key, algorithm: "hmac-md5.sig-alg.reg.int" }],
    ["a secret that is not base64", { ...key, secret: "not base64!" }],
    ["a secret cut short", { ...key, secret: "AAAAA" }],
    ["an empty secret", { ...key, secret: "" }],
  ])("refuses a key with %s before it sends anything", async (_, bad) => {
    await using fake = await startFakeDns();
    const error = await sendUpdate(update, fake.server, bad).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "DNS_TSIG_KEY_INVALID" });
    if (bad.secret !== "") expect(String(error)).not.toContain(bad.secret);
  });
});
