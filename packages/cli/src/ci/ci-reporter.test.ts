import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CertificateResult, CertwrightEvent } from "@certwright/core";
import { CertwrightError } from "@certwright/provider";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Declaration } from "../command.ts";
import { globalFlags } from "../declarations/global.ts";
import { declarations } from "../declarations/index.ts";
import { usageError } from "../errors.ts";
import { envNameOf } from "../flags.ts";
import { renewalResult } from "../renewal-result.ts";
import { chooseReporter, type OutputFlags } from "../reporter/choose.ts";
import { createSecrets } from "../reporter/secrets.ts";
import { testContext } from "../testing/fake-context.ts";
import { createAnnotations } from "./annotations.ts";
import { escapeMarkdown } from "./markdown.ts";
import { dotenvOutputs, githubOutputs } from "./outputs.ts";
import { reportOf } from "./run-report.ts";
import { summaryOf } from "./summary.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "certwright-ci-"));
});
afterEach(() => rm(dir, { recursive: true }));

const at = new Date(Date.UTC(2026, 11, 24, 9));
const hostile =
  "no\n::add-mask::e | <b>*x*</b> `@all` [a](https://evil.test) ##[set-output name=renewed]true\r\nnames<<X";
const results: readonly CertificateResult[] = [
  { certificate: "later.test", outcome: "skipped", reason: "not due: a third of its life is left", next: at },
  {
    certificate: "new.test",
    outcome: "issued",
    reason: "not issued yet",
    notAfter: at,
    targets: [{ target: "haproxy:/a", ok: true, action: "added", served: true }],
  },
  {
    certificate: "late.test",
    outcome: "issued",
    reason: "forced",
    notAfter: at,
    targets: [{ target: "haproxy:/b", ok: false, error: new CertwrightError("HAPROXY_SOCKET_MISSING", "no socket") }],
  },
  { certificate: "bad.test", outcome: "failed", error: new CertwrightError("PROVIDER_AUTH", hostile) },
];

/** A run as a job of CI sees it. */
async function report(
  tell: (reporter: ReturnType<typeof chooseReporter>) => void,
  { flags = {}, env = {} }: { flags?: Partial<OutputFlags>; env?: Readonly<Record<string, string>> } = {},
) {
  const files = { GITHUB_STEP_SUMMARY: join(dir, "summary"), GITHUB_OUTPUT: join(dir, "output") };
  const context = testContext({ env: { GITHUB_ACTIONS: "true", ...files, ...env }, cwd: dir });
  const secrets = createSecrets();
  secrets.add("hunter22");
  const all = { json: false, quiet: false, debug: false, color: true, ci: undefined, ...flags };
  tell(chooseReporter(all, context, secrets, true));
  const read = (name: string) => readFile(join(dir, name), "utf8").catch(() => undefined);
  return {
    out: context.stdout.text(),
    err: context.stderr.text(),
    summary: await read("summary"),
    output: await read("output"),
  };
}

/** Outputs as GitHub's runner reads the file. */
function readOutputs(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const lines = text.split("\n");
  for (let index = 0; index < lines.length - 1; index++) {
    const [, name = "", delimiter] = /^([\w-]+)<<(.+)$/.exec(lines[index] ?? "") ?? [];
    const end = lines.indexOf(delimiter ?? "", index + 1);
    if (name === "" || end === -1) throw new Error(`line ${index} cannot be read: ${lines[index]}`);
    found[name] = lines.slice(index + 1, end).join("\n");
    index = end;
  }
  return found;
}

describe("in GitHub Actions", () => {
  const finish = (reporter: ReturnType<typeof chooseReporter>) =>
    reporter.finish(renewalResult(results, { detailedExitcode: false }));

  it("writes a summary, those that need somebody first, in which nothing hostile does anything", async () => {
    const { summary = "" } = await report(finish);
    const rows = summary.split("\n").filter((line) => line.startsWith("| "));
    expect(rows.map((row) => row.split(" | ").slice(0, 2).join(" "))).toEqual([
      "| state certificate",
      "| failed bad.test",
      "| not live late.test",
      "| issued new.test",
      "| not due later.test",
    ]);
    expect(summary).toContain("1 failed, 1 not live, 1 issued, 1 not due.");
    expect(summary).toContain("valid until 2026-12-24T09&#58;00Z");
    expect(rows[1]).not.toMatch(/<b>|\*x|`|@all|\]\(|https:|##/);
    expect(rows.every((row) => row.match(/\|/g)?.length === 5)).toBe(true);
  });

  it("writes outputs that no value can end", async () => {
    const { output = "" } = await report(finish);
    expect(readOutputs(output)).toEqual({
      renewed: "true",
      names: '["new.test","late.test"]',
      deployed: "[]",
      "not-deployed": '["late.test"]',
      failed: '["bad.test"]',
      due: "[]",
      next: "2026-12-24T09:00:00.000Z",
      "exit-code": "1",
    });
    expect(new Set(output.match(/certwright-[\w-]+/g)).size).toBe(1);
    const { outputs } = reportOf(results, 0);
    expect(() => githubOutputs({ ...outputs, next: "a\nEND\nfailed<<END" }, "END")).toThrow("delimiter");
  });

  it("appends: what an earlier step wrote stays", async () => {
    await writeFile(join(dir, "summary"), "# Before\n");
    expect((await report(finish)).summary).toMatch(/^# Before\n### Certificates\n/);
  });

  it("annotates troubles at the end, on standard error, escaped and masked", async () => {
    const failed: CertwrightEvent = {
      type: "certificate.failed",
      certificate: "bad.test",
      code: "PROVIDER_AUTH",
      message: `100%: hunter22 ${hostile}`,
      hint: "Make a token.",
    };
    const { out, err } = await report((reporter) => {
      reporter.emit(failed);
      reporter.emit({ type: "warning", code: "STORE_LOCKED", message: "waiting" });
      finish(reporter);
    });
    const commands = err.split("\n").filter((line) => line.startsWith("::"));
    expect(commands).toEqual([
      expect.stringMatching(
        /^::error title=PROVIDER_AUTH::bad\.test: 100%25: \[secret\] no : ?:add-mask::e .*%0AMake a token\.$/,
      ),
      "::warning title=STORE_LOCKED::waiting",
    ]);
    expect(err.slice(err.indexOf("::error")).trim().split("\n")).toEqual(commands);
    expect(out + err).not.toMatch(/##\[|hunter22/);
    // The line of the log is there as everywhere, but not as a command.
    expect(err).toContain("error PROVIDER_AUTH: bad.test: 100%: [secret] no");
  });

  it("keeps standard output for JSON", async () => {
    const { out, err } = await report(
      (reporter) => {
        reporter.emit({ type: "warning", code: "X", message: "##[add-mask]e" });
        finish(reporter);
      },
      { flags: { json: true } },
    );
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).toEqual(["warning", "result"]);
    expect(lines[0].message).toBe("##[add-mask]e");
    expect(out).not.toContain("##[");
    expect(err).toBe("::warning title=X::# #[add-mask]e\n");
  });

  it("tells of an error that ended it all", async () => {
    const {
      summary,
      output = "",
      err,
    } = await report((reporter) => void reporter.fail(usageError("what | is this?", "Ask.")));
    expect(summary).toBe("### Certificates\n\n**CLI&#95;USAGE**: what &#124; is this?\n\n\nAsk.\n\n");
    expect(readOutputs(output)).toMatchObject({ renewed: "false", names: "[]", "exit-code": "2" });
    expect(err).toContain("\n::error title=CLI_USAGE::what | is this?%0AAsk.\n");
  });

  it("only warns where a file cannot be written", async () => {
    const { err } = await report(finish, { env: { GITHUB_OUTPUT: join(dir, "none/output") } });
    expect(err).toMatch(/^warning CLI_CI_REPORT: the CI system is not told how it went: ENOENT/);
  });

  it("is left alone where it is not wanted, and is not there elsewhere", async () => {
    for (const options of [{ flags: { ci: "none" as const } }, { env: { GITHUB_ACTIONS: "" } }]) {
      const { summary, output, err } = await report((reporter) => {
        reporter.emit({ type: "warning", code: "X", message: "y" });
        finish(reporter);
      }, options);
      expect({ summary, output, err }).toEqual({ summary: undefined, output: undefined, err: "warning X: y\n" });
    }
  });
});

describe("for GitLab", () => {
  const finish = (reporter: ReturnType<typeof chooseReporter>) =>
    reporter.finish(renewalResult(results, { detailedExitcode: false }));

  it("writes a dotenv file, never through a link, and no annotations", async () => {
    await symlink(join(dir, "elsewhere"), join(dir, "certwright.env"));
    const { err, output } = await report(finish, { flags: { ci: "gitlab" }, env: { GITHUB_ACTIONS: "" } });
    expect({ err, output }).toEqual({ err: "", output: undefined });
    expect(await readFile(join(dir, "certwright.env"), "utf8")).toBe(
      [
        "CERTWRIGHT_RESULT_RENEWED=true",
        "CERTWRIGHT_RESULT_NAMES=new.test,late.test",
        "CERTWRIGHT_RESULT_DEPLOYED=",
        "CERTWRIGHT_RESULT_NOT_DEPLOYED=late.test",
        "CERTWRIGHT_RESULT_FAILED=bad.test",
        "CERTWRIGHT_RESULT_DUE=",
        "CERTWRIGHT_RESULT_NEXT=2026-12-24T09:00:00.000Z",
        "CERTWRIGHT_RESULT_EXIT_CODE=1",
        "",
      ].join("\n"),
    );
    expect((await lstat(join(dir, "certwright.env"))).isSymbolicLink()).toBe(false);
    expect(await readdir(dir)).toEqual(["certwright.env"]);
  });

  it("uses names that stand for no flag", () => {
    const everyFlag = (list: readonly Declaration[]): readonly string[] =>
      list.flatMap(({ flags, commands = [] }) => [...Object.values(flags).map(envNameOf), ...everyFlag(commands)]);
    const taken = [...everyFlag(declarations), ...Object.values(globalFlags).map(envNameOf)];
    expect(taken.filter((name) => name.startsWith("CERTWRIGHT_RESULT_"))).toEqual([]);
  });

  it("stays below what GitLab takes, in whole names", () => {
    const many = Array.from({ length: 3000 }, (_, index): CertificateResult => {
      return { certificate: `n${index}.example.test`, outcome: "failed", error: new Error("x") };
    });
    const text = dotenvOutputs(reportOf(many, 1).outputs);
    expect(text.length).toBeLessThan(2500);
    expect(text).toMatch(/^CERTWRIGHT_RESULT_FAILED=n0\.example\.test,.*,n\d+\.example\.test,\.\.\.$/m);
  });
});

describe("a summary", () => {
  it("stays below what GitHub takes, and says what it leaves out", () => {
    const many = Array.from({ length: 2000 }, (_, index): CertificateResult => {
      return { certificate: `n${index}.example.test`, outcome: "failed", error: new Error("|".repeat(3000)) };
    });
    const text = summaryOf(reportOf(many, 1), (each) => each);
    expect(Buffer.byteLength(text)).toBeLessThan(101 * 1024);
    expect(text).toMatch(/\nAnd \d+ more; the log has them all\.\n\n$/);
  });

  it("of a plan says what is due", () => {
    const spec = { name: "a", identifiers: [] } as never;
    const planned: readonly CertificateResult[] = [
      { certificate: "b", outcome: "planned", action: { do: "nothing", spec, reason: "not due", next: at } },
      {
        certificate: "a",
        outcome: "planned",
        action: { do: "issue", spec, reason: "not issued yet", replaces: undefined },
      },
    ];
    const report = reportOf(planned, 5);
    expect(summaryOf(report, (each) => each)).toContain("1 due, 1 not due.");
    expect(report.outputs).toMatchObject({ renewed: false, names: [], due: ["a"], next: at.toISOString() });
  });
});

it("annotations beyond what GitHub shows are counted, each level by itself", () => {
  const annotations = createAnnotations();
  for (let left = 25; left > 0; left--) annotations.add({ level: "error", title: "a:b,c", message: "x\ny%" });
  annotations.add({ level: "warning", title: "W", message: "w" });
  const lines = annotations.lines();
  expect(lines).toHaveLength(11);
  expect(lines[0]).toBe("::error title=a%3Ab%2Cc::x%0Ay%25");
  expect(lines.slice(9)).toEqual([
    "::error title=certwright::16 more; see the job summary and the log",
    "::warning title=W::w",
  ]);
});

it("Markdown that is escaped is one line of text", () => {
  const all = Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index)).join("");
  expect(escapeMarkdown(all)).not.toMatch(/[\\`*_{}[\]<>()+!|~:@$"']/);
  expect(escapeMarkdown("www.evil.test").startsWith("www&#46;evil")).toBe(true);
});
