import { describe, expect, test } from "vitest";
import { defineProvider } from "./define.ts";
import { nearest } from "./nearest.ts";
import { parseOption } from "./option-value.ts";
import { describeOptions, secretsOf } from "./options.ts";
import { type OptionSources, readOptions } from "./read-options.ts";

const definition = defineProvider({
  id: "acme-two",
  name: "Acme DNS",
  website: "https://acme.example",
  docs: "https://acme.example/docs",
  endpoint: "https://api.acme.example/v1",
  endpointEnv: ["ACME_BASE_URL"],
  options: {
    apiToken: { description: "API token", env: ["ACME_TOKEN", "Acme_Token"], secret: true },
    account: {
      description: "Account number",
      env: ["ACME_ACCOUNT"],
      type: "integer",
      optional: true,
      example: "12345",
    },
    zones: { description: "Zones to use", env: ["ACME_ZONES"], type: "list", default: ["a"] },
    region: { description: "Region", env: ["ACME_REGION"], choices: ["eu", "us"], default: "eu" },
    insecure: { description: "Old servers", env: ["ACME_INSECURE"], type: "boolean", default: false },
    user: { description: "User", env: ["ACME_USER"], optional: true },
    password: { description: "Password", env: ["ACME_PASSWORD"], optional: true, secret: true },
    keyFile: { description: "Path of the key", env: ["ACME_KEY"], type: "path", optional: true },
  },
  traits: { granularity: "record" },
  permissions: "DNS write.",
  tested: { by: "contract", against: "https://acme.example/docs", on: "2026-11-24" },
  create: () => ({ add: async () => {}, remove: async () => {} }),
});

const files: Record<string, string> = { "/run/token": "from-file\r\n\n", "/run/empty": "\n" };
const readFile = async (path: string) => {
  const text = files[path];
  if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
  return text;
};
const read = (sources: OptionSources) => readOptions(definition, { readFile, ...sources });
const faultsOf = async (sources: OptionSources) => {
  const error = await read(sources).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: "PROVIDER_OPTIONS", provider: "acme-two" });
  return error as {
    message: string;
    hint: string;
    faults: { option: string; env?: string; problem: string; hint: string }[];
  };
};

describe("readOptions", () => {
  test("reads every type from the environment", async () => {
    const env = {
      ACME_TOKEN: "t",
      ACME_ACCOUNT: " 7 ",
      ACME_ZONES: "a, b,,c",
      ACME_REGION: "us",
      ACME_INSECURE: "Yes",
      ACME_BASE_URL: "http://[::1]:8080/x",
      ACME_KEY: "/k",
    };
    const values = await read({ env });
    expect(values).toEqual({
      apiToken: "t",
      account: 7,
      zones: ["a", "b", "c"],
      region: "us",
      insecure: true,
      endpoint: "http://[::1]:8080/x",
      keyFile: "/k",
    });
    const account: number | undefined = values.account;
    const region: "eu" | "us" = values.region;
    expect([account, region]).toEqual([7, "us"]);
  });

  test("takes defaults, the endpoint's too", async () => {
    expect(await read({ values: { apiToken: "t" } })).toEqual({
      apiToken: "t",
      zones: ["a"],
      region: "eu",
      insecure: false,
      endpoint: "https://api.acme.example/v1",
    });
  });

  test.each([
    [
      "given values before all",
      { values: { apiToken: "given" }, env: { ACME_TOKEN: "env", ACME_TOKEN_FILE: "/run/token" } },
      "given",
    ],
    ["the first variable before the second", { env: { Acme_Token: "second", ACME_TOKEN: "first" } }, "first"],
    ["a variable before a file", { env: { Acme_Token: "second", ACME_TOKEN_FILE: "/run/token" } }, "second"],
    ["a file, without its line ends", { env: { ACME_TOKEN: "", Acme_Token_FILE: "/run/token" } }, "from-file"],
    [
      "a reference to a variable",
      { values: { apiToken: { env: "OTHER" } }, env: { OTHER: "other", ACME_TOKEN: "env" } },
      "other",
    ],
    ["a reference to a file", { values: { apiToken: { file: "/run/token" } } }, "from-file"],
    ["a number where a text is due", { values: { apiToken: 12345 } }, "12345"],
  ] as [string, OptionSources, string][])("takes %s", async (_name, sources, token) => {
    expect((await read(sources)).apiToken).toBe(token);
  });

  test("our own variable for the endpoint wins", async () => {
    const env = {
      ACME_TOKEN: "t",
      CERTWRIGHT_DNS_ACME_TWO_ENDPOINT: "https://proxy.test",
      ACME_BASE_URL: "https://other.test",
    };
    expect((await read({ env })).endpoint).toBe("https://proxy.test");
  });

  test("lists all faults at once, and shows no secret", async () => {
    const { faults, message, hint } = await faultsOf({
      values: {
        regoin: "eu",
        "api-token": "x",
        "": 1,
        account: "seven",
        zones: [1],
        insecure: "perhaps",
        endpoint: "https://user:pw@a.test",
      },
      env: { ACME_REGION: "moon" },
    });
    expect(faults).toEqual([
      { option: "regoin", problem: "is not an option of this provider", hint: "Did you mean region?" },
      { option: "api-token", problem: "is not an option of this provider", hint: "Did you mean apiToken?" },
      {
        option: "",
        problem: "is not an option of this provider",
        hint: expect.stringContaining("Its options are apiToken, account"),
      },
      {
        option: "apiToken",
        env: "ACME_TOKEN",
        problem: "is missing",
        hint: "Set ACME_TOKEN or Acme_Token or the option apiToken: API token.",
      },
      {
        option: "account",
        env: "ACME_ACCOUNT",
        problem: 'should be a whole number, not "seven"',
        hint: "Correct the option account, for example 12345.",
      },
      {
        option: "zones",
        env: "ACME_ZONES",
        problem: "should be a list of texts, not a list",
        hint: expect.any(String),
      },
      {
        option: "region",
        env: "ACME_REGION",
        problem: 'should be one of eu, us, not "moon"',
        hint: "Correct ACME_REGION.",
      },
      {
        option: "insecure",
        env: "ACME_INSECURE",
        problem: 'should be true or false, not "perhaps"',
        hint: expect.any(String),
      },
      {
        option: "endpoint",
        env: "CERTWRIGHT_DNS_ACME_TWO_ENDPOINT",
        problem: expect.stringContaining("should be an http or https URL"),
        hint: expect.any(String),
      },
    ]);
    expect(message).toContain("Acme DNS: regoin is not an option");
    expect(hint).toContain("See https://acme.example/docs");
    const secret = await faultsOf({ values: { apiToken: ["hunter22"], password: { x: "hunter22" } } });
    expect(JSON.stringify(secret) + secret.message).not.toContain("hunter22");
  });

  test.each([
    [{ env: { ACME_TOKEN_FILE: "/run/none" } }, "is read from /run/none, which cannot be read (ENOENT)"],
    [{ env: { ACME_TOKEN_FILE: "/run/empty" } }, "is read from /run/empty, which is empty"],
    [{ values: { apiToken: { env: "OTHER" } }, env: { ACME_TOKEN: "t" } }, "refers to OTHER, which is not set"],
    [{ values: { apiToken: { env: "A", file: "B" } } }, "should be a value, or { env: NAME }, or { file: PATH }"],
    [
      { env: { ACME_TOKEN_FILE: "/run/token" }, readFile: undefined as never },
      "names a file, but files cannot be read here",
    ],
    [{ values: { apiToken: true } }, "should be a text, not what was given"],
  ] as [OptionSources, string][])("%j: %s", async (sources, problem) => {
    expect((await faultsOf(sources)).faults.map((fault) => fault.problem)).toEqual([problem]);
  });

  test("of alternatives one must be whole", async () => {
    const either = {
      ...definition,
      options: { ...definition.options, apiToken: { ...definition.options.apiToken, optional: true as const } },
      oneOf: [["apiToken"], ["user", "password"]],
    };
    expect(await readOptions(either, { env: { ACME_USER: "u", ACME_PASSWORD: "p" } })).toMatchObject({
      user: "u",
      password: "p",
    });
    expect(await readOptions(either, { env: { ACME_TOKEN: "t", ACME_USER: "u" } })).toMatchObject({ apiToken: "t" });
    await expect(readOptions(either, { env: { ACME_USER: "u" } })).rejects.toMatchObject({
      faults: [
        {
          option: "password",
          env: "ACME_PASSWORD",
          problem: "is missing",
          hint: "Set apiToken (ACME_TOKEN), or user (ACME_USER) and password (ACME_PASSWORD).",
        },
      ],
    });
    await expect(readOptions(either, {})).rejects.toMatchObject({ faults: [{ option: "apiToken" }] });
    expect(describeOptions(either).find(({ option }) => option === "user")?.insteadOf).toEqual([["apiToken"]]);
  });
});

test("rows show what is required first, with defaults and the endpoint", () => {
  const rows = describeOptions(definition);
  expect(rows.map(({ option }) => option)).toEqual([
    "apiToken",
    "account",
    "zones",
    "region",
    "insecure",
    "user",
    "password",
    "keyFile",
    "endpoint",
  ]);
  expect(rows[0]).toEqual({
    option: "apiToken",
    env: ["ACME_TOKEN", "Acme_Token"],
    type: "string",
    required: true,
    secret: true,
    default: undefined,
    choices: undefined,
    example: undefined,
    description: "API token",
    insteadOf: [],
  });
  expect(rows.at(-1)).toMatchObject({
    default: "https://api.acme.example/v1",
    env: ["CERTWRIGHT_DNS_ACME_TWO_ENDPOINT", "ACME_BASE_URL"],
    type: "url",
    required: false,
  });
});

test("a definition that must be told its endpoint declares it itself", async () => {
  const own = defineProvider({
    id: "own",
    name: "Own server",
    website: "https://own.example",
    docs: "https://own.example/docs",
    traits: { granularity: "record" },
    permissions: "An account on the server.",
    tested: { by: "server", against: "Own server 1.0", on: "2026-11-24" },
    options: { endpoint: { description: "URL of the server", env: ["ACME_URL"], type: "url" } },
    create: () => ({ add: async () => {}, remove: async () => {} }),
  });
  await expect(readOptions(own, {})).rejects.toMatchObject({
    faults: [{ option: "endpoint", env: "ACME_URL", problem: "is missing" }],
  });
  expect(await readOptions(own, { env: { ACME_URL: "http://10.0.0.1" } })).toEqual({ endpoint: "http://10.0.0.1" });
});

const url = { description: "URL of the server", env: ["ACME_URL"], type: "url" } as const;

test.each([
  ["grid.example.com", "https://grid.example.com"],
  ["Grid.example.com:8443 ", "https://Grid.example.com:8443"],
  ["grid.example.com:443", "https://grid.example.com:443"],
  ["box:8443", "https://box:8443"],
  ["192.0.2.1", "https://192.0.2.1"],
  ["[2001:db8::1]:8443", "https://[2001:db8::1]:8443"],
  ["http://grid.example.com/x", "http://grid.example.com/x"],
])("the url %s is read as %s", (text, value) => {
  expect(parseOption(text, url)).toEqual({ value });
});

test.each([
  "grid",
  "grid.example.com/wapi",
  "grid.example.com:0443",
  "grid.example.com:70000",
  "grid..example.com",
  "user@grid.example.com",
  "user:pw@grid.example.com",
  "10.1",
  "8443",
  "https:8443",
  "https:grid.example.com",
  "ftp://grid.example.com",
  "[grid.example.com]",
  "[::1]x",
  "https://",
  "https://a.example#x",
  "a b.example",
])("the url %s is refused", (text) => {
  expect(parseOption(text, url)).toEqual({ problem: expect.stringContaining("should be an http or https URL") });
});

test("secretsOf takes the values of secret options", () => {
  expect(secretsOf(definition, { apiToken: "t", user: "u", password: "p" })).toEqual(["t", "p"]);
});

test.each([
  ["cloudfare", "cloudflare"],
  ["Digital-Ocean", "digitalocean"],
  ["hetzer", "hetzner"],
  ["aws", undefined],
  ["", undefined],
])("nearest to %s is %s", (word, known) => {
  expect(nearest(word, ["cloudflare", "digitalocean", "hetzner", "ovh"])).toBe(known);
});
