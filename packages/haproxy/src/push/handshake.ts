import { connect } from "node:tls";
import type { KeyType } from "../certificate/leaf.ts";

/** Where a TLS client would meet the certificate. */
export interface HandshakePoint {
  readonly host: string;
  readonly port: number;
  /** Server name to ask for. Default: none, as a client without SNI. */
  readonly sni?: string;
}

/** What a handshake showed. */
export type Shown =
  | { readonly kind: "certificate" /** SHA-256, lower-case hex. */; readonly fingerprint256: string }
  | { readonly kind: "failed"; readonly reason: string };

export interface HandshakeOptions {
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeout: number;
  /** Ask as a client that knows only this kind of key: a server with both would else show the other one. */
  readonly keyType: KeyType;
}

const signatureAlgorithms: Readonly<Record<KeyType, string | undefined>> = {
  rsa: "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512",
  ecdsa: "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512",
  dsa: undefined,
  other: undefined,
};

/** Shakes hands once and tells which certificate came. Trust is not judged here: only which certificate is served. */
export function shakeHands(point: HandshakePoint, options: HandshakeOptions): Promise<Shown> {
  const { signal, timeout, keyType } = options;
  signal.throwIfAborted();
  const sigalgs = signatureAlgorithms[keyType];
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: point.host,
      port: point.port,
      ...(point.sni === undefined ? {} : { servername: point.sni }),
      ...(sigalgs === undefined ? {} : { sigalgs }),
      rejectUnauthorized: false,
    });
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      act();
    };
    const onAbort = () => settle(() => reject(signal.reason));
    const failed = (reason: string) => settle(() => resolve({ kind: "failed", reason }));
    const timer = setTimeout(() => failed(`no handshake within ${timeout / 1000} s`), timeout);
    signal.addEventListener("abort", onAbort, { once: true });
    const show = () => {
      const { fingerprint256 = "" } = socket.getPeerCertificate();
      settle(() => resolve({ kind: "certificate", fingerprint256: fingerprint256.replaceAll(":", "").toLowerCase() }));
    };
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // In TLS 1.2 one that wants a certificate from its clients parts with us only after it has shown its own.
      const isRefused = error.code?.includes("ALERT") && socket.getPeerCertificate()?.fingerprint256 !== undefined;
      if (isRefused) show();
      else failed(error.code ?? error.message);
    });
    socket.once("close", () => failed("the connection was closed"));
    socket.once("secureConnect", show);
  });
}

/** `host:port`, for people. */
export function addressOf({ host, port }: HandshakePoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
