import type { Account } from "@certwright/core";
import type { CommandResult } from "./command.ts";
import { exitCodes } from "./exit-code.ts";

/**
 * An account as the CA answered it.
 *
 * @param thumbprint of its key, which a stateless http-01 answer is made of
 */
export function accountResult(
  directoryUrl: string,
  { url, status, contact }: Account,
  thumbprint: string,
): CommandResult {
  return {
    exitCode: exitCodes.done,
    result: { account: { directoryUrl, url, status, contact, thumbprint } },
    lines: [
      `account  ${url}`,
      `CA       ${directoryUrl}`,
      `status   ${status}`,
      // Some CAs keep addresses without ever showing them.
      `contact  ${contact.length === 0 ? "none shown by the CA" : contact.join(", ")}`,
      `key      ${thumbprint} (thumbprint, RFC 7638)`,
    ],
  };
}
