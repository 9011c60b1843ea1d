import { isIP } from "node:net";
import { type ListenAddress, readListenAddress } from "../parts/listen-address.ts";

/** Where the service listens; without a host on this machine alone: what it tells names every certificate. */
export function serviceAddress(text: string): Required<ListenAddress> {
  const { host = "127.0.0.1", port } = readListenAddress(text);
  return { host, port };
}

/** Whether only programs of this machine reach it. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith("127.");
  return host === "::1" || host === "localhost";
}
