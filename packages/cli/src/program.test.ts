import { describe, expect, it } from "vitest";
import type { Declaration } from "./command.ts";
import { globalFlags } from "./declarations/global.ts";
import { declarations } from "./declarations/index.ts";
import { envNameOf } from "./flags.ts";
import { keyOf, type Request, readCommandLine } from "./program.ts";
import { testContext } from "./testing/fake-context.ts";

function read(argv: readonly string[], env: Record<string, string> = {}) {
  const context = testContext({ env });
  const answer = readCommandLine(argv, context, "1.2.3");
  return { answer, out: context.stdout.text(), err: context.stderr.text() };
}

function request(argv: readonly string[], env: Record<string, string> = {}): Request {
  const { answer } = read(argv, env);
  if (typeof answer === "number") throw new Error(`no request, exit code ${answer}`);
  return answer;
}

function fault(argv: readonly string[], env: Record<string, string> = {}) {
  try {
    read(argv, env);
  } catch (error) {
    return error;
  }
  throw new Error("read without a fault");
}

function everyDeclaration(list: readonly Declaration[] = declarations): readonly Declaration[] {
  return list.flatMap((declaration) => [declaration, ...everyDeclaration(declaration.commands ?? [])]);
}

describe("readCommandLine", () => {
  it("reads lists with commas and repeats, and an alias of a command", () => {
    const { declaration, flags } = request(["run", "-d", "a.test,b.test", "--domain", "*.a.test", "--dns", "x"]);
    expect(declaration.name).toBe("issue");
    expect(flags).toMatchObject({
      domain: ["a.test", "b.test", "*.a.test"],
      dns: ["x"],
      force: false,
      followAlias: true,
    });
  });

  it("takes global flags before and after the command", () => {
    expect(request(["--json", "list", "--state", "/s"]).global).toEqual({
      state: "/s",
      json: true,
      quiet: false,
      debug: false,
      color: true,
      ci: undefined,
    });
  });

  it("keeps commas in repeatable flags whose values may hold them", () => {
    const { flags } = request(["issue", "--dns-option", "a=1,2", "--dns-option", "b=3"]);
    expect(flags.dnsOption).toEqual(["a=1,2", "b=3"]);
  });

  it("fills what is left out from the environment, where the command line wins", () => {
    const env = {
      CERTWRIGHT_DOMAIN: "a.test, b.test",
      CERTWRIGHT_DEPLOY: "haproxy:/a\nhaproxy:/b",
      CERTWRIGHT_FOLLOW_ALIAS: "no",
      CERTWRIGHT_JSON: "0",
      CERTWRIGHT_QUIET: "1",
      CERTWRIGHT_KEY_TYPE: "P-384",
      CERTWRIGHT_EMAIL: "env@a.test",
      CERTWRIGHT_PROFILE: "",
    };
    const { flags, global } = request(["issue", "--email", "flag@a.test"], env);
    expect(flags).toMatchObject({
      domain: ["a.test", "b.test"],
      deploy: ["haproxy:/a", "haproxy:/b"],
      followAlias: false,
      keyType: "ec384",
      email: "flag@a.test",
      profile: undefined,
    });
    expect(global).toMatchObject({ json: false, quiet: true });
  });

  it("passes arguments in order", () => {
    expect(request(["dns", "set", "n.test", "v1", "v2", "--dns", "x"]).args).toEqual(["n.test", "v1", "v2"]);
    expect(request(["dns", "check", "n.test"]).args).toEqual(["n.test"]);
    expect(request(["renew"]).args).toEqual([]);
  });

  it.each([
    [["help", "isue"], /unknown command 'isue'/, /Did you mean issue\?/],
    [["install-timer", "extra"], /too many arguments/, /certwright install-timer --help/],
    [["isue"], /unknown command 'isue'/, /Did you mean issue\?/],
    [["issue", "--domian", "x"], /unknown option '--domian'/, /Did you mean --domain\?.*certwright issue --help/],
    [["issue", "--domain"], /argument missing/, /certwright issue --help/],
    [["dns", "set", "n.test"], /missing required argument 'values'/, /certwright dns set --help/],
    [["list", "extra"], /too many arguments/, /^See: certwright list --help$/],
    [["issue", "example.com"], /too many arguments/, /^Write -d, --domain <names>\. See: certwright issue --help$/],
    [["haproxy", "check", "/run/a.sock"], /too many arguments/, /^Write --node <address>\. /],
    [["issue", "--key-type", "dsa"], /--key-type cannot be "dsa"/, /ec256, ec384, rsa2048/],
    [["issue", "--propagation", "soon"], /--propagation cannot be "soon"/, /fixed:60/],
    [["issue", "-d", "a.test,,b.test"], /--domain has an empty value/, /leave the option out/],
  ])("says what is wrong with %j", (argv, message, hint) => {
    expect(fault(argv)).toMatchObject({
      code: "CLI_USAGE",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it("says what is wrong with the environment", () => {
    expect(fault(["list"], { CERTWRIGHT_JSON: "maybe" })).toMatchObject({
      code: "CLI_USAGE",
      message: expect.stringMatching(/--json.*"maybe"/),
    });
  });

  it("writes the version and help, and nothing else", () => {
    expect(read(["--version"])).toEqual({ answer: 0, out: "1.2.3\n", err: "" });
    const { answer, out, err } = read(["--help"]);
    expect({ answer, err }).toEqual({ answer: 0, err: "" });
    for (const { name } of declarations) expect(out).toContain(name);
    expect(out).toContain("Exit codes:\n  0    done");
  });

  it("shows groups, environment names and examples in a command's help", () => {
    const { out } = read(["issue", "--help"]);
    for (const heading of ["What to certify:", "How names are proved:", "Which CA:", "Where it goes:", "Examples:"]) {
      expect(out).toContain(heading);
    }
    expect(out.replaceAll(/\s+/g, " ")).toContain("(default: ec256; env: CERTWRIGHT_KEY_TYPE)");
    expect(out).toMatch(/env:\s+CERTWRIGHT_STATE/);
  });

  it("shows help, as wrong usage, where a command below is missing", () => {
    const { answer, err } = read(["dns"]);
    expect(answer).toBe(2);
    expect(err).toContain("certwright dns [options] [command]");
    expect(read([]).answer).toBe(2);
  });
});

describe("declarations", () => {
  it("use the key commander derives from the flag, and one environment name per meaning", () => {
    for (const { name, flags } of [...everyDeclaration(), { name: "global", flags: globalFlags }]) {
      const names = Object.values(flags).map(envNameOf);
      expect(new Set(names).size, name).toBe(names.length);
      for (const [key, flag] of Object.entries(flags)) expect(keyOf(flag), `${name} ${key}`).toBe(key);
    }
  });

  it("have a module with a run function for each command", async () => {
    for (const { name, load } of everyDeclaration()) {
      if (load !== undefined) expect((await load()).run, name).toBeTypeOf("function");
    }
  });
});
