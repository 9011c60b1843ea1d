import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { readLines } from "./lines.ts";

function reading(longest: number, slowest?: number) {
  const stream = new PassThrough();
  const lines: string[] = [];
  const fault = Promise.withResolvers<string>();
  const limits = { longest, ...(slowest === undefined ? {} : { slowest }) };
  readLines(stream, { ...limits, onLine: (line) => lines.push(line), onFault: fault.resolve });
  return { stream, lines, fault: fault.promise };
}

test("lines come whole however they are cut", async () => {
  const text = "one\n\nzwei äöü\nthree\n";
  for (const size of [1, 2, 3, 7, 100]) {
    const { stream, lines } = reading(20);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
    await setImmediate();
    expect(lines).toEqual(["one", "", "zwei äöü", "three"]);
  }
});

test("a line may be as long as said, and no longer, whether its end has come or not", async () => {
  const fitting = reading(4);
  fitting.stream.write("abcd\n");
  await setImmediate();
  expect(fitting.lines).toEqual(["abcd"]);
  for (const parts of [["abcde\n"], ["abcde"], ["abc", "de"], ["abcd", "e\n"], ["ab\nabcde"]]) {
    const { stream, fault } = reading(4);
    for (const part of parts) stream.write(part);
    expect(await fault).toBe("too long");
    expect(stream.listenerCount("data")).toBe(0);
  }
});

test("a line that dribbles is given up", async () => {
  const { stream, lines, fault } = reading(100, 30);
  stream.write("whole\nhal");
  const timer = setInterval(() => stream.write("f"), 5);
  expect(await fault).toBe("too slow");
  clearInterval(timer);
  expect(lines).toEqual(["whole"]);
});
