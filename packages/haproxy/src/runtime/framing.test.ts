import { expect, test } from "vitest";
import { AnswerBuffer, type AnswerLimits } from "./framing.ts";

const limits: AnswerLimits = { timeout: 1, maxBytes: 1 };

/** Every answer taken from a text that arrives byte by byte. */
function answers(text: string, each: AnswerLimits = limits): string[] {
  const buffer = new AnswerBuffer();
  const taken: string[] = [];
  for (const byte of Buffer.from(text, "utf8")) {
    buffer.add(String.fromCharCode(byte));
    const answer = buffer.take(each);
    if (answer !== undefined) taken.push(answer);
  }
  expect(buffer.isQuiet()).toBe(true);
  return taken;
}

test("answers end in a blank line", () => {
  expect(answers("admin\n\nTransaction created!\nand more\n\n")).toEqual(["admin", "Transaction created!\nand more"]);
});

test("the prompts of 2.6 and a third line feed are no part of an answer", () => {
  const text = "\n> Name: HAProxy\n\n> + + + Transaction created!\n\n> Can't delete!\n\n\n> admin\n\n> ";
  expect(answers(text)).toEqual(["Name: HAProxy", "Transaction created!", "Can't delete!", "admin"]);
});

test("an empty answer counts only where one is possible", () => {
  expect(answers("\n", { ...limits, emptyAllowed: true })).toEqual([""]);
  expect(answers("> \n> /l\n\n", { ...limits, emptyAllowed: true })).toEqual(["", "/l"]);
  expect(answers("\n/l\n\n")).toEqual(["/l"]);
});

test("two answers that come without a blank line are known", () => {
  const tooBig = "The command line is too big for the buffer size. Please change tune.bufsize.\n";
  expect(answers(tooBig)).toEqual([tooBig.trimEnd()]);
  const noWorker = "Can't find the target PID matching the prefix '@1'\n";
  expect(answers(noWorker)).toEqual([noWorker.trimEnd()]);
  const buffer = new AnswerBuffer();
  buffer.add(noWorker + noWorker);
  expect([buffer.take(limits), buffer.take(limits)]).toEqual([noWorker.trimEnd(), noWorker.trimEnd()]);
});

test("an answer that HAProxy cuts at its buffer's size ends there, with a blank line or without", () => {
  const cut = { ...limits, cutAt: 8 };
  expect(answers("1234567\nadmin\n\n", cut)).toEqual(["1234567", "admin"]);
  expect(answers("> 1234567\n> admin\n\n> ", cut)).toEqual(["1234567", "admin"]);
  expect(answers("123456\n\nadmin\n\n", cut)).toEqual(["123456", "admin"]);
  expect(answers("123456789\n\nadmin\n\n", cut)).toEqual(["123456789", "admin"]);
});

test("characters of several bytes survive being cut", () => {
  expect(answers("Certificate '/é€.pem' deleted!\n\n")).toEqual(["Certificate '/é€.pem' deleted!"]);
});

test("what comes unasked is not quiet, half a prompt is", () => {
  const buffer = new AnswerBuffer();
  for (const [text, quiet] of [
    ["\n>", true],
    [" ", true],
    ["+", true],
    ["x", false],
  ] as const) {
    buffer.add(text);
    expect(buffer.isQuiet()).toBe(quiet);
  }
});
