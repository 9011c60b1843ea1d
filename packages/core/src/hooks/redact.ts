import { createMasker, printable } from "@certwright/provider";

const keyBlock = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** The rest of a block whose start was not kept. */
const keyRest = /^(?:(?!-----BEGIN)[\s\S])*-----END [A-Z ]*PRIVATE KEY-----/;

/** What a program printed, as lines fit for people: no private key of anybody, none of these secrets, no control characters. */
export function showableLines(output: Buffer, secrets: readonly string[]): readonly string[] {
  const mask = createMasker(secrets);
  return mask(output.toString("utf8"))
    .replace(keyRest, "***")
    .replace(keyBlock, "***")
    .split(/\r?\n|\r/)
    .map((line) => printable(line))
    .filter((line) => line !== "");
}
