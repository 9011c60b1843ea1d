import { createHmac } from "node:crypto";
import { type AddressInfo, createServer, type Socket } from "node:net";

const secret = Buffer.alloc(32, "certwright");
const keyName = "acme-key";
const algorithm = "hmac-sha256";
const [txt, soa, tsig] = [16, 6, 250];
const [classIn, classNone, classAny] = [1, 254, 255];
const [noError, refused, notAuth, badSig, badKey] = [0, 5, 9, 16, 17];

/** The part of the kit's state an update touches. */
interface Zone {
  readonly name: string;
  list(filter: TxtFilter): readonly unknown[];
  add(record: { readonly fqdn: string; readonly value: string; readonly ttl: number }): unknown;
  removeAll(filter: TxtFilter): unknown;
}

interface TxtFilter {
  readonly fqdn: string;
  readonly type: string;
  readonly value: string;
}

interface Dns {
  readonly zones: readonly Zone[];
  owner(fqdn: string): Zone | undefined;
}

/** A primary server over the kit's state: TCP, SOA queries, and updates of TXT records signed with one key. */
export async function serveUpdates(dns: Dns) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let received = Buffer.alloc(0);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const answer = respond(dns, received.subarray(2, 2 + received.readUInt16BE(0)));
      socket.end(Buffer.concat([uint(answer.length, 2), answer]));
    });
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  return {
    options: {
      nameserver: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      keyName,
      keySecret: secret.toString("base64"),
    },
    close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Rr {
  readonly start: number;
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly data: Buffer;
}

function respond(dns: Dns, message: Buffer): Buffer {
  const { question, records } = read(message);
  const isUpdate = ((message.readUInt16BE(2) >> 11) & 15) === 5;
  if (!isUpdate) return answerSoa(dns, message, question);
  const signature = records.at(-1);
  if (signature?.type !== tsig) return header(message, refused, 0);
  const request = verify(message, signature);
  if (typeof request === "number")
    return sign(message, header(message, notAuth, 0), signature.data, Buffer.alloc(0), request);
  const zone = dns.zones.find(({ name }) => name === question.name);
  if (zone) {
    for (const { name, type, class: kind, ttl, data } of records.slice(0, -1)) {
      if (type !== txt) throw new Error(`an update of type ${type} was sent`);
      const value = strings(data);
      const there = zone.list({ fqdn: name, type: "TXT", value }).length > 0;
      if (kind === classNone) zone.removeAll({ fqdn: name, type: "TXT", value });
      else if (kind !== classIn) throw new Error(`an update of class ${kind} was sent`);
      else if (!there) zone.add({ fqdn: name, value, ttl });
    }
  }
  return sign(message, header(message, zone ? noError : notAuth, 0), signature.data, request, 0);
}

function answerSoa(dns: Dns, message: Buffer, { name }: { name: string }): Buffer {
  const zone = dns.owner(name);
  if (!zone) return header(message, refused, 0);
  const data = Buffer.concat([wireName(`ns.${zone.name}`), wireName(`host.${zone.name}`), Buffer.alloc(20, 1)]);
  const owned = [wireName(zone.name), uint(soa, 2), uint(classIn, 2), uint(60, 4), uint(data.length, 2), data];
  return Buffer.concat([header(message, noError, 1), ...owned]);
}

/** The head of an answer with the question repeated; AA is set, `authorities` records follow. */
function header(message: Buffer, rcode: number, authorities: number): Buffer {
  const opcode = message.readUInt16BE(2) & 0x7800;
  const flags = uint(0x8400 | opcode | rcode, 2);
  const counts = [uint(1, 2), uint(0, 2), uint(authorities, 2), uint(0, 2)];
  return Buffer.concat([message.subarray(0, 2), flags, ...counts, message.subarray(12, read(message).endOfQuestion)]);
}

/** The request's MAC, or the TSIG error. */
function verify(message: Buffer, { start, name, data }: Rr): Buffer | number {
  if (name !== keyName) return badKey;
  const unsigned = Buffer.from(message.subarray(0, start));
  unsigned.writeUInt16BE(unsigned.readUInt16BE(10) - 1, 10);
  const at = wireName(algorithm).length;
  const mac = data.subarray(at + 10, at + 10 + data.readUInt16BE(at + 8));
  const expected = macOf([unsigned, variables(data, 0)]);
  return mac.equals(expected) ? mac : badSig;
}

/** The answer with a TSIG record of the request's time, made over the request's MAC; unsigned for an error. */
function sign(request: Buffer, answer: Buffer, requestData: Buffer, requestMac: Buffer, error: number): Buffer {
  const made = macOf([uint(requestMac.length, 2), requestMac, answer, variables(requestData, error)]);
  const mac = error === 0 ? made : Buffer.alloc(0);
  const at = wireName(algorithm).length;
  const time = requestData.subarray(at, at + 8);
  const tail = [uint(mac.length, 2), mac, request.subarray(0, 2), uint(error, 2), uint(0, 2)];
  const data = Buffer.concat([wireName(algorithm), time, ...tail]);
  const record = [wireName(keyName), uint(tsig, 2), uint(classAny, 2), uint(0, 4), uint(data.length, 2), data];
  const signed = Buffer.concat([answer, ...record]);
  signed.writeUInt16BE(1, 10);
  return signed;
}

function variables(data: Buffer, error: number): Buffer {
  const at = wireName(algorithm).length;
  const head = [wireName(keyName), uint(classAny, 2), uint(0, 4), wireName(algorithm)];
  return Buffer.concat([...head, data.subarray(at, at + 8), uint(error, 2), uint(0, 2)]);
}

const macOf = (parts: readonly Buffer[]) => createHmac("sha256", secret).update(Buffer.concat(parts)).digest();

/** Reads a message whose names are not compressed, as ours are. */
function read(message: Buffer) {
  let at = 12;
  const name = () => {
    const labels: string[] = [];
    for (let length = message.readUInt8(at++); length > 0; length = message.readUInt8(at++)) {
      labels.push(message.toString("latin1", at, at + length));
      at += length;
    }
    return labels.join(".").toLowerCase();
  };
  const question = { name: name() };
  at += 4;
  const endOfQuestion = at;
  const count = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  const records: Rr[] = [];
  while (records.length < count) {
    const start = at;
    const owner = name();
    const length = message.readUInt16BE(at + 8);
    const data = message.subarray(at + 10, at + 10 + length);
    const [type, kind, ttl] = [message.readUInt16BE(at), message.readUInt16BE(at + 2), message.readUInt32BE(at + 4)];
    records.push({ start, name: owner, type, class: kind, ttl, data });
    at += 10 + length;
  }
  return { question, endOfQuestion, records };
}

function strings(data: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; at += 1 + data.readUInt8(at))
    parts.push(data.subarray(at + 1, at + 1 + data.readUInt8(at)));
  return Buffer.concat(parts).toString();
}

function wireName(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([uint(label.length, 1), Buffer.from(label)]));
  return Buffer.concat([...labels, uint(0, 1)]);
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
