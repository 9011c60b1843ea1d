import { CertwrightError } from "@certwright/provider";

const block = /^-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)\n-----END CERTIFICATE-----$/;

/**
 * Reads a certificate chain as RFC 8555 section 9.1 has it: CERTIFICATE blocks and nothing else. Blank lines, CRLF and
 * spaces at line ends are forgiven; any other text is not, since whoever reads the file later may choke on it.
 *
 * @returns the DER of each certificate, in order.
 * @throws `ACME_CERTIFICATE_INVALID`.
 */
export function readPemChain(text: string, limit = 10): readonly Buffer[] {
  if (text.length > 1_048_576) throw invalid("is larger than 1 MiB");
  const lines = text.split(/\r?\n/).map((line) => line.trimEnd());
  const tidy = lines.filter((line) => line !== "").join("\n");
  if (tidy === "") throw invalid("is empty");
  const parts = tidy.split(/(?<=-----END [A-Z0-9 ]{1,40}-----)\n/);
  if (parts.length > limit) throw invalid(`has ${parts.length} certificates, more than ${limit}`);
  return parts.map((part) => {
    const body = block.exec(part)?.[1]?.replaceAll("\n", "");
    if (body === undefined || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(body)) {
      throw invalid("holds something other than certificates in PEM, or one that is cut off");
    }
    return Buffer.from(body, "base64");
  });
}

/** PEM of one DER object: lines of 64, one line feed at the end. */
export function writePem(label: "CERTIFICATE" | "CERTIFICATE REQUEST", der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function invalid(why: string): CertwrightError {
  return new CertwrightError("ACME_CERTIFICATE_INVALID", `The certificate chain ${why}`, {
    hint: "Give a file with certificates in PEM only; where the CA sent it, tell its operator.",
  });
}
