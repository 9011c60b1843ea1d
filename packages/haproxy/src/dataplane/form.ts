import { randomBytes } from "node:crypto";
import { HaproxyError } from "../errors.ts";

/** A form with one file, `file_upload` (RFC 7578). */
export function formOf(fileName: string, text: string): { readonly type: string; readonly text: string } {
  if (!/^[\x20-\x7e]+$/.test(fileName) || /["\\]/.test(fileName)) {
    throw new HaproxyError("HAPROXY_UNSAFE_NAME", `${JSON.stringify(fileName)} cannot be the name of an upload.`, {
      hint: "Use letters, digits, hyphens and underscores.",
    });
  }
  // PEM has hyphens, but never a line that begins with this.
  const boundary = `certwright${randomBytes(16).toString("hex")}`;
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    text: [
      `--${boundary}`,
      `Content-Disposition: form-data; name="file_upload"; filename="${fileName}"`,
      "Content-Type: text/plain",
      "",
      text,
      `--${boundary}--`,
      "",
    ].join("\r\n"),
  };
}
