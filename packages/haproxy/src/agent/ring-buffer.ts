import { createHash } from "node:crypto";
import { HaproxyError } from "../errors.ts";
import { longestMessage } from "./ring-message.ts";

/** Cuts what comes from the ring into messages, which end in NUL. */
export class RingBuffer {
  #parts: Buffer[] = [];
  #length = 0;

  /**
   * Adds what came and gives back the messages that are whole now.
   *
   * @throws HaproxyError HAPROXY_ANSWER_TOO_LARGE
   */
  add(chunk: Buffer): readonly string[] {
    const messages: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, start)) {
      messages.push(Buffer.concat([...this.#parts, chunk.subarray(start, end)]).toString("utf8"));
      this.#parts = [];
      this.#length = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#parts.push(chunk.subarray(start));
      this.#length += chunk.length - start;
    }
    if (this.#length > longestMessage) {
      throw new HaproxyError("HAPROXY_ANSWER_TOO_LARGE", `An event of HAProxy exceeds ${longestMessage} bytes.`, {
        hint: "Check that the path leads to the master socket of HAProxy.",
      });
    }
    return messages.filter((message) => message.trim() !== "").map((message) => message.trimStart());
  }

  /** What came after the last NUL. */
  get rest(): string {
    return Buffer.concat(this.#parts).toString("utf8");
  }
}

/** Most messages remembered; a ring of HAProxy holds far fewer. */
const mostRemembered = 20_000;

/** Tells messages that are replayed after a reconnect from new ones, by their content, which begins with a timestamp. */
export function createSeen(): (message: string) => boolean {
  const digests = new Set<string>();
  return (message) => {
    const digest = createHash("sha256").update(message).digest("base64");
    if (digests.has(digest)) return true;
    digests.add(digest);
    const [oldest] = digests;
    if (digests.size > mostRemembered && oldest !== undefined) digests.delete(oldest);
    return false;
  };
}
