import type { Account } from "@certwright/core";
import type { CommandResult } from "./command.ts";
import { exitCodes } from "./exit-code.ts";

/** An account as the CA answered it. */
export function accountResult(directoryUrl: string, { url, status, contact }: Account): CommandResult {
  return {
    exitCode: exitCodes.done,
    result: { account: { directoryUrl, url, status, contact } },
    lines: [
      `account  ${url}`,
      `CA       ${directoryUrl}`,
      `status   ${status}`,
      // Some CAs keep addresses without ever showing them.
      `contact  ${contact.length === 0 ? "none shown by the CA" : contact.join(", ")}`,
    ],
  };
}
