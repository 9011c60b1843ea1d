/** Bounds of one answer. */
export interface AnswerLimits {
  /** Milliseconds from the moment the answer is next in line. */
  readonly timeout: number;
  readonly maxBytes: number;
  /** For commands whose success is an empty line. */
  readonly emptyAllowed?: boolean;
  /**
   * HAProxy leaves out the end of an answer that exceeds its buffer, and often the blank line with it: an answer that
   * has none is over after so many bytes.
   */
  readonly cutAt?: number;
}

// Answers HAProxy closes without the blank line every other answer has.
const unterminated =
  /^(?:The command line is too big for the buffer size\. .*|Can't find the target PID matching the prefix '.*')\n/;

const answerEnd = "\n\n";

// What may stand before an answer: the second line feed of an answer that ends in three, and the prompts of HAProxy
// before 3.2, which has no interactive mode without them.
const noise = /^(?:\n|> |\+ )+/;
const halfPrompt = /^[>+]?$/;

/** What came from HAProxy and has not been taken as an answer yet. Answers end in a blank line. */
export class AnswerBuffer {
  // One character per byte until an answer is whole: a chunk may end inside a character.
  #received = "";
  #searched = 0;

  get length(): number {
    return this.#received.length;
  }

  /** What is there, as text for people to be shown after masking. */
  get text(): string {
    return decode(this.#received);
  }

  /** @param chunk one character for each byte */
  add(chunk: string): void {
    this.#received += chunk;
  }

  /** Cuts the next whole answer off, without its blank line; undefined when it has not come to its end. */
  take(limits: AnswerLimits): string | undefined {
    const empty = limits.emptyAllowed ? /^(?:> |\+ )*\n/.exec(this.#received) : null;
    if (empty) {
      this.#drop(empty[0].length);
      return "";
    }
    const before = noise.exec(this.#received);
    if (before) this.#drop(before[0].length);
    const [line] = unterminated.exec(this.#received) ?? [];
    if (line !== undefined) return this.#takeLine(line.length);
    const end = this.#received.indexOf(answerEnd, this.#searched);
    const { cutAt = Number.POSITIVE_INFINITY } = limits;
    if (this.length >= cutAt && (end < 0 || end + answerEnd.length > cutAt) && this.#received[cutAt - 1] === "\n") {
      return this.#takeLine(cutAt);
    }
    if (end >= 0) {
      const answer = this.#received.slice(0, end);
      this.#drop(end + answerEnd.length);
      return decode(answer);
    }
    this.#searched = Math.max(0, this.#received.length - 1);
    return undefined;
  }

  /** An answer of so many bytes, which ends in one line feed. */
  #takeLine(length: number): string {
    const answer = this.#received.slice(0, length - 1);
    this.#drop(length);
    return decode(answer);
  }

  /** True when nothing came since the last answer but a prompt, or a line feed more than there should be. */
  isQuiet(): boolean {
    this.#received = this.#received.replace(noise, "");
    this.#searched = 0;
    return halfPrompt.test(this.#received);
  }

  #drop(length: number): void {
    this.#received = this.#received.slice(length);
    this.#searched = 0;
  }
}

function decode(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
