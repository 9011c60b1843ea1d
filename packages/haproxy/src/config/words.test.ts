// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is HAProxy's own way of writing a variable
import { describe, expect, test } from "vitest";
import { configWords } from "./words.ts";

const set = new Map([
  ["DIR", "/srv"],
  ["EMPTY", ""],
]);

describe("the words of a line", () => {
  test.each([
    ["  load crt a.pem # comment", ["load", "crt", "a.pem"]],
    ['domains "a,b c" x\\ y \'q"$X\' ""', ["domains", "a,b c", "x y", 'q"$X', ""]],
    ['"$DIR/a" "${DIR}b" $DIR', ["/srv/a", "/srvb", "$DIR"]],
    ['a"b"c "say \\"hi\\""', ["abc", 'say "hi"']],
    ['"${DIR-x}" "${EMPTY-x}" "${UNSET-x}" "${UNSET-}y"', ["/srv", "", "x", "y"]],
    ['a\\tb\\$P\\#d\\q\\x41 "\\$P\\q" bind\\', ["a\tb\\$P#d\\qA", "$P\\q", "bind\\"]],
    ["", []],
  ])("%s", (line, words) => {
    expect(configWords(line, { values: set, areAll: false })).toEqual(words);
  });

  test.each(['"open', "'open", '"$UNSET"'])("%s is refused", (line) => {
    const refused = expect.objectContaining({ code: "HAPROXY_ACME_CONFIG" });
    expect(() => configWords(line, { values: set, areAll: false })).toThrow(refused);
  });

  test("a variable that is known not to be set is empty", () => {
    const own = { values: set, areAll: true };
    expect(configWords('"a$UNSET"', own)).toEqual(["a"]);
    expect(() => configWords('"a$HAPROXY_LOCALPEER"', own)).toThrow(/HAPROXY_LOCALPEER is not set here/);
  });
});
