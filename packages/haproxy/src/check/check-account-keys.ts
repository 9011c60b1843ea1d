import { createPrivateKey, createPublicKey } from "node:crypto";
import type { Finding } from "@certwright/core";
import { type ConfigLine, wordAfter } from "../config/lines.ts";
import { readRegularFile } from "../disk/disk.ts";
import { checkSecret, type FilePlaces, placed } from "./check-files.ts";
import { finding } from "./finding.ts";

/** Keys that `acme` sections name: HAProxy 3.2 itself makes them readable by everybody, and some that CAs refuse. */
export async function checkAccountKeys(lines: readonly ConfigLine[], places: FilePlaces): Promise<readonly Finding[]> {
  const keys = lines.filter(({ section, words }) => section.startsWith("acme ") && words[0] === "account-key");
  const found = keys.map(async (line) => {
    const path = placed(wordAfter(line, "account-key") ?? "", places);
    if (path === undefined) return [];
    const findings = await checkSecret(path, line.place, "The account key", "Write");
    return (await isWrittenShort(path)) ? [...findings, writtenShort(path, line.place)] : findings;
  });
  return (await Promise.all(found)).flat();
}

/**
 * True for an elliptic curve key of whose coordinates one begins with a zero byte. RFC 7518 section 6.2.1.2 wants it
 * written; HAProxy 3.2.26 leaves it out. One key in 128 is like this.
 */
async function isWrittenShort(path: string): Promise<boolean> {
  try {
    const pem = await readRegularFile(path);
    if (pem === undefined) return false;
    const { x, y } = createPublicKey(createPrivateKey(pem)).export({ format: "jwk" });
    return [x, y].some((coordinate) => Buffer.from(coordinate ?? "", "base64url")[0] === 0);
  } catch {
    // What cannot be read, or is no key, HAProxy itself will tell of.
    return false;
  }
}

function writtenShort(path: string, subject: string): Finding {
  return finding(
    "warning",
    "HAPROXY_CHECK_ACCOUNT_KEY",
    subject,
    `HAProxy 3.2 tells CAs the account key in ${path} without a zero byte that belongs to it, and they refuse it.`,
    `Unless it has an account already, remove ${path}; HAProxy makes another key at its next start.`,
  );
}
