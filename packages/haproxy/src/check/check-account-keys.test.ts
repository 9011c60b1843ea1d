import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountKeyForHaproxy } from "@certwright/tools/account-key";
import { expect, test } from "vitest";
import { readConfigLines } from "../config/lines.ts";
import { checkAccountKeys } from "./check-account-keys.ts";

const options = { wanted: new Set(["account-key"]), env: {}, onUnreadable: () => {} };

test.each([
  ["a good key", accountKeyForHaproxy(), 0o600, []],
  ["a key CAs refuse as HAProxy writes it", accountKeyForHaproxy({ refused: true }), 0o600, ["ACCOUNT_KEY"]],
  ["a key everybody may read", accountKeyForHaproxy(), 0o644, ["FILE_OPEN"]],
  ["such a key where nobody else comes", accountKeyForHaproxy(), 0o644, [], 0o700],
  ["no key at all", "nothing", 0o600, []],
])("%s", async (_, pem, mode, codes, ofDirectory = 0o711) => {
  const dir = await mkdtemp(join(tmpdir(), "certwright-check-"));
  try {
    await writeFile(join(dir, "account.key"), pem);
    await chmod(join(dir, "account.key"), mode);
    await chmod(dir, ofDirectory);
    const lines = readConfigLines([{ file: "h.cfg", text: "acme LE\n account-key account.key\n" }], options);
    const findings = await checkAccountKeys(lines, { map: [], base: dir });
    expect(findings.map(({ code, subject }) => [code, subject])).toEqual(
      codes.map((code) => [`HAPROXY_CHECK_${code}`, "h.cfg:2"]),
    );
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("a key that is not there yet", async () => {
  const lines = readConfigLines([{ file: "h.cfg", text: "acme LE\n account-key /nowhere/a.key\n" }], options);
  expect(await checkAccountKeys(lines, { map: [] })).toEqual([]);
});
