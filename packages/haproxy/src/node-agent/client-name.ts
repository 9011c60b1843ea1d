import type { TLSSocket } from "node:tls";
import { readLeaf } from "../leaf.ts";

/** The names a client proved to have: those of its certificate, and its common name. */
export function namesOfClient(socket: TLSSocket): readonly string[] {
  const { raw, subject } = socket.getPeerCertificate();
  const common: unknown = subject?.CN;
  // One certificate may hold several; then none of them is its name.
  return [...new Set([...namesIn(raw), ...(typeof common === "string" ? [common] : [])])];
}

function namesIn(der: Buffer): readonly string[] {
  try {
    return readLeaf(der).names;
  } catch {
    return [];
  }
}
