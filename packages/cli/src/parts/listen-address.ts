import { usageError } from "../errors.ts";

/** Where a solver listens; without a host on every address. */
export interface ListenAddress {
  readonly host?: string;
  readonly port: number;
}

/**
 * Reads `80`, `:80`, `127.0.0.1:80`, `[::1]:80`.
 *
 * @throws CertwrightError `CLI_USAGE`
 */
export function readListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, digits = ""] = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const isBadHost = bracketed !== undefined && !URL.canParse(`http://[${bracketed}]/`);
  if (digits === "" || port < 1 || port > 65_535 || isBadHost) {
    throw usageError(`${JSON.stringify(text)} is not an address to listen on`, "Write a port, host:port or [v6]:port.");
  }
  const host = bracketed ?? plain ?? "";
  return host === "" ? { port } : { host, port };
}
