import { describe, expect, test } from "vitest";
import { soundsSecret } from "./secret-type.ts";
import { read, refused } from "./testing/read.ts";

const secret = "hunter2-0123456789";

describe("a secret in the file", () => {
  test.each([
    ["an option of a provider that says so", `providers: { cloudflare: { options: { apiToken: ${secret} } } }`],
    [
      "an option of an unknown provider that is called like one",
      `providers: { acme-plugin: { options: { apiPassword: ${secret} } } }`,
    ],
    ["a number", `providers: { cloudflare: { options: { apiToken: 0123456789 } } }`],
    ["a list", `providers: { cloudflare: { options: { apiToken: [${secret}, b] } } }`],
    ["a quoted text", `cas: { letsencrypt: { eab: { keyId: a, hmacKey: "${secret}" } } }`],
    ["an inline mapping", `cas: { letsencrypt: { eab: { keyId: a, hmacKey: { inline: ${secret} } } } }`],
    ["a value mapping", `cas: { letsencrypt: { eab: { keyId: a, hmacKey: { value: ${secret} } } } }`],
    ["two references", `cas: { letsencrypt: { eab: { keyId: a, hmacKey: { env: A, file: ${secret} } } } }`],
    ["an account key", `accounts: { a: { key: |\n  ${secret}\n } }`],
    [
      "the key towards a node",
      `targets: { a: { haproxy: "tls://h:1", tls: { ca: a, cert: b, key: "-----BEGIN PRIVATE KEY-----\\n${secret}" } } }`,
    ],
    ["a variable's name", `cas: { letsencrypt: { eab: { keyId: a, hmacKey: { env: ${secret} } } } }`],
    [
      "a mail password",
      `notifications: { m: { email: [a@example.com], from: a@example.com, smtp: { url: "smtp://m.example", user: u, password: ${secret} } } }`,
    ],
    [
      "a URL of the mail server",
      `notifications: { m: { email: [a@example.com], from: a@example.com, smtp: { url: "smtp://u:${secret}@m.example" } } }`,
    ],
    [
      "a header",
      `notifications: { w: { webhook: "https://h.example", headers: { Authorization: Bearer ${secret} } } }`,
    ],
    ["a webhook", `notifications: { w: { webhook: "https://u:${secret}@h.example" } }`],
    ["a variable of a hook", `hooks: { pre: [{ command: [a], env: { API_TOKEN: ${secret} } }] }`],
    ["an option of the store", `state: { options: { secretAccessKey: ${secret} } }`],
    ["the state's key", `state: { encryptionKey: ${secret} }`],
    ["broken YAML", `state: { encryptionKey: "${secret}\\q }`],
    ["broken YAML after it", `state:\n  encryptionKey: ${secret}: x\n\t${secret}: [`],
  ])("is refused and not shown, as %s", (_, text) => {
    const error = refused(text);
    expect(error.faults.length).toBeGreaterThan(0);
    expect(JSON.stringify([error.message, error.hint, error.faults])).not.toContain(secret);
    expect(error.message).not.toContain("0123456789");
  });

  test("gets told how to refer to it", () => {
    expect(refused(`state: { encryptionKey: ${secret} }`).faults).toEqual([
      {
        line: 1,
        column: 25,
        path: "state.encryptionKey",
        problem: "is a secret, which must not stand in the file",
        hint: "Refer to it: { env: NAME }, { file: path } or { command: [program, argument] }.",
      },
    ]);
  });

  test("is referred to by variable, by file beside the configuration, and by program", () => {
    const { settings } = read(`
state: { location: "s3://bucket/prod", encryptionKey: { command: [tools/key, --raw] } }
accounts: { a: { key: { file: a.key } }, b: { key: { file: /run/b.key } } }
notifications: { w: { webhook: { env: HOOK_URL } } }
`);
    expect(settings.state.encryptionKey).toEqual({ command: ["/etc/certwright/tools/key", "--raw"] });
    expect(settings.accounts.a?.key).toEqual({ file: "/etc/certwright/a.key" });
    expect(settings.accounts.b?.key).toEqual({ file: "/run/b.key" });
    expect(settings.notifications.w).toMatchObject({ webhook: { env: "HOOK_URL" } });
  });
});

describe("a name", () => {
  test.each([
    "password",
    "apiToken",
    "API_TOKEN",
    "secretAccessKey",
    "X-Auth-Key",
    "apiKey",
    "clientSecret",
    "passphrase",
    "Authorization",
    "hmac",
    "private_key",
    "credentials",
  ])("%s sounds like a secret's", (name) => {
    expect(soundsSecret(name)).toBe(true);
  });

  test.each([
    "accessKeyId",
    "tokenFile",
    "keyName",
    "region",
    "endpoint",
    "keyType",
    "tokenUrl",
    "secretName",
    "user",
    "keyPath",
    "monkey",
    "passive",
  ])("%s does not", (name) => {
    expect(soundsSecret(name)).toBe(false);
  });
});
