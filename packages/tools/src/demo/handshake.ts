import { connect } from "node:tls";

/** What a TLS server shows. */
export interface Shown {
  readonly names: string;
  readonly issuer: string;
  readonly serial: string;
  readonly notAfter: string;
}

/** One full TLS handshake with a server name; the certificate is looked at, not trusted. */
export function handshake(port: number, servername: string): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername, rejectUnauthorized: false, timeout: 5_000 }, () => {
      const { subjectaltname = "", issuer, serialNumber, valid_to: notAfter } = socket.getPeerCertificate();
      socket.end();
      resolve({
        names: subjectaltname.replaceAll("DNS:", ""),
        issuer: String(issuer.CN),
        serial: serialNumber,
        notAfter,
      });
    });
    socket.on("error", reject);
    socket.on("timeout", () => socket.destroy(new Error("no answer within 5 s")));
  });
}
