import type { KeyTypeName } from "@certwright/core";

/** Key types of certificates; Let's Encrypt takes just these. */
export const keyTypes = ["ec256", "ec384", "rsa2048", "rsa3072", "rsa4096"] as const satisfies readonly KeyTypeName[];

/** The same type however it is spelled: `P-256`, `EC256`, `ecdsa-p384`, `RSA-4096`, `2048`. */
export function readKeyType(text: string): string {
  const squeezed = text.toLowerCase().replace(/[-_ ]/g, "");
  const [, curve] = /^(?:ecdsa|ec|ecc)?(?:p|secp)?(256|384)(?:r1)?$/.exec(squeezed) ?? [];
  if (curve !== undefined) return `ec${curve}`;
  const [, size] = /^(?:rsa)?(2048|3072|4096)$/.exec(squeezed) ?? [];
  return size === undefined ? squeezed : `rsa${size}`;
}
