import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../run.ts";
import { testContext } from "../testing/fake-context.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "certwright-config-"));
});
afterEach(() => rm(dir, { recursive: true }));

type Details = NonNullable<Parameters<typeof testContext>[0]>;

/** Runs a command line in the folder. */
async function certwright(argv: readonly string[], details: Details = {}) {
  const context = testContext({ cwd: dir, ...details });
  const code = await runCommandLine([...argv, "--state", join(dir, "state")], context);
  const out = context.stdout.text();
  const json = argv.includes("--json") ? JSON.parse(out.trim().split("\n").at(-1) ?? "null") : undefined;
  return { code, out, err: context.stderr.text(), json };
}

const plain = `
accounts: { ops: { email: ops@example.com, acceptTerms: true } }
providers:
  one: { provider: cloudflare, zones: [example.com], options: { apiToken: { file: one-token } } }
  two: { provider: cloudflare, zones: [example.net], options: { apiToken: { env: TWO_TOKEN } } }
targets:
  edge: { haproxy: /run/haproxy/admin.sock }
  nginx: { exec: [systemctl, reload, nginx] }
defaults: { deploy: [edge] }
certificates:
  example.com: { names: [example.com, "*.example.com"] }
  example.net: { deploy: [nginx] }
`;

describe("config check", () => {
  it("says what it found in a right file", async () => {
    await writeFile(join(dir, "certwright.yaml"), plain);
    expect(await certwright(["config", "check"])).toMatchObject({
      code: 0,
      out: `${join(dir, "certwright.yaml")} is right: 2 certificates, 2 providers, 2 targets\n`,
    });
  });

  it("tells every fault with its place, those of other commands alike", async () => {
    const file = join(dir, "bad.yaml");
    await writeFile(
      file,
      [
        "parallel: none",
        "acounts: {}",
        "providers: { cloudfare: {} }",
        "certificates:",
        "  a.example.com: { keyTyp: ec256 }",
        "  b.example.com: { deploy: [edge] }",
      ].join("\n"),
    );
    const { code, out } = await certwright(["config", "check", "bad.yaml"]);
    expect(code).toBe(2);
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(`${file}:`, "").split(". ")[0]),
    ).toEqual([
      expect.stringMatching(/^1:11: parallel/),
      expect.stringMatching(/^2:1: acounts is not a known key/),
      expect.stringMatching(/^3:14: providers\.cloudfare no DNS provider is called "cloudfare"/),
      expect.stringMatching(/^5:20: certificates\["a\.example\.com"\]\.keyTyp is not a known key/),
      expect.stringMatching(/^6:29: .* names no target: "edge"/),
    ]);
    const json = (await certwright(["config", "check", "bad.yaml", "--json"])).json;
    expect(json).toMatchObject({ ok: false, exitCode: 2, faults: { length: 5, 0: { line: 1, column: 11 } } });
    const plan = await certwright(["plan", "--config", "bad.yaml"]);
    expect(plan).toMatchObject({ code: 2, out: "" });
    expect(plan.err).toContain(`error CONFIG_INVALID: ${file} has 5 faults\n${file}:1:11: parallel`);
  });

  it("looks for secrets only when asked, and never shows one", async () => {
    await writeFile(join(dir, "certwright.yaml"), plain);
    await writeFile(join(dir, "one-token"), "hunter22-one\n", { mode: 0o600 });
    const missing = await certwright(["config", "check", "--secrets"]);
    expect(missing).toMatchObject({
      code: 2,
      out: expect.stringContaining("providers.two.options.apiToken: CONFIG_SECRET_MISSING: the variable TWO_TOKEN"),
    });
    const there = await certwright(["config", "check", "--secrets"], { env: { TWO_TOKEN: "hunter22-two" } });
    expect(there).toMatchObject({ code: 0, err: "" });
    expect(missing.out + there.out).not.toContain("hunter22");
  });

  it("has nothing to check where there is no file", async () => {
    const { code, err } = await certwright(["config", "check", "none.yaml"]);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("CLI_FILE_UNREADABLE") });
  });
});

describe("plan", () => {
  it("lists what is configured, with actions and reasons, and leaves nothing behind", async () => {
    await writeFile(join(dir, "certwright.yaml"), plain);
    const { code, out } = await certwright(["plan"]);
    expect(code).toBe(0);
    expect(out.split("\n")).toEqual([
      "2 certificates",
      "CERTIFICATE  ACTION  WHEN  REASON",
      "example.com  issue   now   not issued yet",
      "example.net  issue   now   not issued yet",
      "",
    ]);
    expect((await certwright(["renew", "--dry-run"])).out).toBe(out);
    expect((await certwright(["plan", "example.net", "--json"])).json).toMatchObject({
      ok: true,
      certificates: [{ name: "example.net", outcome: "planned", action: { do: "issue", reason: "not issued yet" } }],
    });
  });

  it("knows what was meant", async () => {
    await writeFile(join(dir, "certwright.yaml"), plain);
    expect(await certwright(["plan", "exmple.net"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("Did you mean example.net?"),
    });
  });

  it("uses a file it only came across where nobody else can change it, and says how to use it all the same", async () => {
    const file = join(dir, "certwright.yaml");
    await writeFile(file, plain);
    await chmod(file, 0o666);
    expect(await certwright(["plan"])).toMatchObject({ code: 2, err: expect.stringContaining("CLI_CONFIG_FOREIGN") });
    expect(await certwright(["plan", "--config", file])).toMatchObject({ code: 0 });
    await chmod(file, 0o644);
    expect(await certwright(["plan"], { uid: (process.getuid?.() ?? 0) + 1 })).toMatchObject({
      code: process.getuid?.() === 0 ? 0 : 2,
    });
  });
});

describe("status", () => {
  it("knows what is configured and was never issued", async () => {
    await writeFile(join(dir, "certwright.yaml"), plain);
    expect(await certwright(["status"])).toMatchObject({
      code: 1,
      out: "example.com: not issued yet\nexample.net: not issued yet\n",
    });
  });
});

describe("init", () => {
  const flags = ["init", "-d", "example.com,*.example.com", "--dns", "cloudflare", "--deploy", "haproxy:/run/h.sock"];

  it("writes a file that is right, from flags, and never over another", async () => {
    const secret = ["--dns-option", "apiToken=file:/run/secrets/cf"];
    const dns = ["--dns-resolvers", "192.0.2.1:53,192.0.2.2:53", "--dns-nameservers", "192.0.2.3:53"];
    expect(await certwright([...flags, ...secret, ...dns, "--email", "a@example.com", "--accept-tos"])).toMatchObject({
      code: 0,
    });
    const text = await readFile(join(dir, "certwright.yaml"), "utf8");
    expect(text).toContain('names: [example.com, "*.example.com"]');
    expect(text).toContain('apiToken: { file: "/run/secrets/cf" }');
    expect(text).toContain('dns: { resolvers: ["192.0.2.1:53", "192.0.2.2:53"], nameservers: ["192.0.2.3:53"] }');
    expect(await certwright(["config", "check"])).toMatchObject({
      code: 0,
      out: expect.stringContaining("is right: 1 certificate, 1 provider, 1 target\n"),
    });
    expect(await certwright(flags)).toMatchObject({ code: 2, err: expect.stringContaining("CLI_FILE_EXISTS") });
    expect(await readFile(join(dir, "certwright.yaml"), "utf8")).toBe(text);
  });

  it("asks for the rest where somebody is there", async () => {
    const answers = ["example.org www.example.org", "cloudflare", "/etc/cf-token", "", "y", "", "n"];
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return answers[asked.length - 1] ?? "";
    };
    expect(await certwright(["init", "--out", "new.yaml"], { ask })).toMatchObject({ code: 0 });
    expect(asked).toHaveLength(answers.length);
    const text = await readFile(join(dir, "new.yaml"), "utf8");
    expect(text).toContain('apiToken: { file: "/etc/cf-token" }');
    expect(text).toContain("main: { acceptTerms: true }");
    expect(await certwright(["plan", "--config", "new.yaml"])).toMatchObject({ code: 0 });
  });

  it("says what is missing where nobody is there, and writes nothing", async () => {
    expect(await certwright(["init"])).toMatchObject({ code: 2, err: expect.stringContaining("no names are given") });
    await expect(readFile(join(dir, "certwright.yaml"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("config schema and example", () => {
  it("print what can be used as it is", async () => {
    expect(JSON.parse((await certwright(["config", "schema"])).out)).toMatchObject({ title: "certwright.yaml" });
    await writeFile(join(dir, "example.yaml"), (await certwright(["config", "example"])).out);
    expect(await certwright(["config", "check", "example.yaml"])).toMatchObject({ code: 0 });
  });
});

describe("serve", () => {
  it("needs a configuration, and is not opened to others by a flag", async () => {
    expect(await certwright(["serve"])).toMatchObject({ code: 2, err: expect.stringContaining("certwright init") });
    await writeFile(join(dir, "certwright.yaml"), "certificates: {}\n");
    expect(await certwright(["serve", "--listen", "0.0.0.0:9465"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("is reached by other machines"),
    });
  });
});

describe("the guides", () => {
  it.each(["configuration", "service"])("show in %s.md what can be used", async (name) => {
    const guide = await readFile(new URL(`../../../../docs/guide/${name}.md`, import.meta.url), "utf8");
    const blocks = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ""]) => yaml);
    expect(blocks.length).toBeGreaterThan(1);
    for (const yaml of blocks) {
      await writeFile(join(dir, "guide.yaml"), yaml);
      expect(await certwright(["config", "check", "guide.yaml"]), yaml).toMatchObject({ code: 0 });
    }
  });
});
