import { createHmac } from "node:crypto";
import { ProviderError } from "@certwright/provider";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Milliseconds for which one code is good (RFC 6238 section 4.1). */
export const totpStep = 30_000;

/**
 * The six digits an authenticator app shows at a time (RFC 6238), for a shared secret in base32 (RFC 4648 section 6).
 *
 * @throws ProviderError `PROVIDER_AUTH` where the secret is not base32.
 */
export function totp(secret: string, now: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / totpStep)));
  const digest = createHmac("sha1", base32(secret)).update(counter).digest();
  // Dynamic truncation (RFC 4226 section 5.3).
  const offset = (digest.at(-1) ?? 0) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

function base32(text: string): Buffer {
  const symbols = [...text.toUpperCase().replace(/[\s=-]/g, "")].map((symbol) => alphabet.indexOf(symbol));
  if (symbols.length === 0 || symbols.includes(-1))
    throw new ProviderError("PROVIDER_AUTH", "the shared secret is not base32", {
      hint: "It is the text beside the QR code when two-factor authentication is set up: letters, and the digits 2 to 7.",
    });
  const bits = symbols.map((symbol) => symbol.toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
