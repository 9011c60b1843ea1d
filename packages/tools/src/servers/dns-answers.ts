import { createSocket } from "node:dgram";

/** True when the server answers for the zone with authority. Asks once over UDP and waits at most 300 ms. */
export function answersFor(zone: string, address: { host: string; port: number }): Promise<boolean> {
  const labels = zone.replace(/\.$/, "").split(".");
  const name = Buffer.concat(labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])));
  // RFC 1035 section 4.1: id 1, no flags, one question; then type SOA (6), class IN (1).
  const header = Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const question = Buffer.concat([header, name, Buffer.from([0, 0, 6, 0, 1])]);
  return new Promise((resolve) => {
    const socket = createSocket(address.host.includes(":") ? "udp6" : "udp4");
    const finish = (answer: boolean) => {
      clearTimeout(timer);
      socket.removeAllListeners().close();
      resolve(answer);
    };
    const timer = setTimeout(() => finish(false), 300);
    socket.once("error", () => finish(false));
    socket.once("message", (reply) => {
      const flags = reply.readUInt16BE(2);
      finish((flags & 0x0400) !== 0 && (flags & 0x000f) === 0 && reply.readUInt16BE(6) > 0);
    });
    socket.connect(address.port, address.host, () => socket.send(question));
  });
}
