/** Bounds of one answer. */
export interface AnswerLimits {
  /** Milliseconds from the moment the answer is next in line. */
  readonly timeout: number;
  readonly maxBytes: number;
  /** For commands whose success is an empty line. */
  readonly emptyAllowed?: boolean;
  readonly cutShort?: CutShort;
}

/**
 * HAProxy leaves out the end of an answer that exceeds its buffer, and the blank line with it. When at least
 * `bytes` have come and then nothing for `milliseconds`, what is there is the answer.
 */
export interface CutShort {
  readonly bytes: number;
  readonly milliseconds: number;
}

// Answers HAProxy closes without the blank line every other answer has.
const unterminated = [
  /^The command line is too big for the buffer size\. .*\n$/,
  /^Can't find the target PID matching the prefix '[^\n]*'\n$/,
];
const longestUnterminated = 512;

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
    const end = this.#received.indexOf(answerEnd, this.#searched);
    if (end >= 0) {
      const answer = this.#received.slice(0, end);
      this.#drop(end + answerEnd.length);
      return decode(answer);
    }
    this.#searched = Math.max(0, this.#received.length - 1);
    if (this.length < longestUnterminated && unterminated.some((text) => text.test(this.#received))) {
      return this.takeRest();
    }
    return undefined;
  }

  /** Everything there is, for an answer that HAProxy cut short. */
  takeRest(): string {
    const rest = this.#received;
    this.#drop(rest.length);
    return decode(rest).trimEnd();
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
