import { expect, it } from "vitest";
import { type Evidence, isVisible, type VisibilityRules } from "./propagation-policy.ts";
import type { SightingState } from "./sighting.ts";

/** States as words; a number behind one says how often in a row it failed, since time 0. */
function evidence(...words: string[]): Evidence[] {
  return words.map((word) => {
    const [state, failures = "0"] = word.split("*");
    return { state: state as SightingState, failures: Number(failures), failingSince: 0 };
  });
}

it.each<[string, string[], number, VisibilityRules, boolean]>([
  ["all show it", ["seen", "seen"], 0, {}, true],
  ["one is not heard of yet", ["seen", "asking"], 99_999, {}, false],
  ["one is stale, for ever", ["seen", "seen", "seen", "other"], 99_999, {}, false],
  ["one has nothing", ["seen", "absent"], 99_999, {}, false],
  ["one has a CNAME", ["seen", "alias"], 99_999, {}, false],
  ["nobody shows it", ["absent", "absent"], 99_999, {}, false],
  ["there is nobody", [], 0, {}, false],
  ["one has just died", ["seen", "timeout*1"], 99_999, {}, false],
  ["one failed often but briefly", ["seen", "servfail*9"], 2999, {}, false],
  ["one failed long but twice", ["seen", "timeout*2"], 99_999, {}, false],
  ["one is dead", ["seen", "timeout*3"], 3000, {}, true],
  ["one is closed", ["seen", "unreachable*3"], 3000, {}, true],
  ["one refuses", ["seen", "refused*3"], 3000, {}, true],
  ["one is lame", ["seen", "lame*3"], 3000, {}, true],
  ["one says SERVFAIL", ["seen", "servfail*3"], 3000, {}, true],
  ["one answers garbage", ["seen", "bad-answer*3"], 3000, {}, true],
  ["one is dead and one is stale", ["seen", "timeout*3", "absent"], 3000, {}, false],
  ["all but one are dead", ["seen", "timeout*3", "lame*3"], 3000, {}, true],
  ["all are dead", ["timeout*3", "lame*3"], 3000, {}, false],
  ["there is no IPv6 here", ["seen", "no-route*1"], 0, {}, true],
  ["there is no way anywhere", ["no-route*9"], 99_999, {}, false],
  ["two of three, where that is enough", ["seen", "seen", "absent"], 0, { quorum: 0.6 }, true],
  ["one of three, where two are needed", ["seen", "absent", "absent"], 0, { quorum: 0.6 }, false],
  ["a dead one, with less patience", ["seen", "timeout*1"], 10, { failuresTolerated: 1, patienceMs: 10 }, true],
])("%s", (_, words, now, rules, visible) => {
  expect(isVisible(evidence(...words), now, rules)).toBe(visible);
});
