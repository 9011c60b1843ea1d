import { createPublicKey, generateKeyPairSync } from "node:crypto";

/**
 * An account key for HAProxy's own ACME, PEM. HAProxy 3.2.26 tells CAs a coordinate without its leading zero bytes, and they
 * refuse it then: a test that wants an account wants a key without such bytes, and one in 128 has them.
 */
export function accountKeyForHaproxy({ refused = false } = {}): string {
  for (;;) {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x = "", y = "" } = createPublicKey(privateKey).export({ format: "jwk" });
    const hasZero = [x, y].some((coordinate) => Buffer.from(coordinate, "base64url")[0] === 0);
    if (hasZero === refused) return privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  }
}
