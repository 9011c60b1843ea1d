let crypto: typeof import("node:crypto") | undefined;

/** SHA-256 as lower-case hex. Loads node:crypto at its first use, so that listing certificates does not pay for it. */
export function sha256(data: Uint8Array | string): string {
  crypto ??= process.getBuiltinModule("node:crypto");
  return crypto.hash("sha256", data);
}
