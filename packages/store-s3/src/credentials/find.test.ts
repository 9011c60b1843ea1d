import { describe, expect, test } from "vitest";
import { type Expected, fakeMachine, type Machine } from "../testing/fake-machine.ts";
import { splitCommandLine } from "./command-line.ts";
import { findCredentials } from "./find.ts";

const expiration = "2026-11-28T12:00:00Z";
const expires = Date.parse(expiration);
const found = { accessKeyId: "ASIA1", secretAccessKey: "secret+of/one", sessionToken: "token==", expires };
const json = JSON.stringify({
  Code: "Success",
  AccessKeyId: "ASIA1",
  SecretAccessKey: "secret+of/one",
  Token: "token==",
  Expiration: expiration,
});
const printed = JSON.stringify({
  Version: 1,
  AccessKeyId: "ASIA1",
  SecretAccessKey: "secret+of/one",
  SessionToken: "token==",
  Expiration: expiration,
});

const roleArn = "arn:aws:iam::123456789012:role/certificates";
const jwt = "header.claims.signature";
const sts = (host: string, answer?: Expected["answer"], RoleSessionName = "certwright"): Expected => ({
  request: `POST ${host}/`,
  headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8", authorization: undefined },
  form: {
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: roleArn,
    RoleSessionName,
    WebIdentityToken: jwt,
  },
  ...(answer === undefined ? {} : { answer }),
});
const assumed = {
  body: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
    <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/certificates/certwright</Arn></AssumedRoleUser>
    <Credentials><SessionToken>token==</SessionToken><SecretAccessKey>secret+of/one</SecretAccessKey>
    <Expiration>${expiration}</Expiration><AccessKeyId>ASIA1</AccessKeyId></Credentials>
    </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
};
const stsRefusal = (status: number, code: string, message: string) => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
});

/** What is found on such a machine; every request must have come, and every secret have been told. */
async function find(machine: Machine) {
  const { world, secrets, left } = fakeMachine(machine);
  const credentials = await findCredentials(world);
  expect(left()).toEqual([]);
  expect(secrets).toEqual(expect.arrayContaining([credentials.secretAccessKey]));
  if (credentials.sessionToken !== undefined) expect(secrets).toContain(credentials.sessionToken);
  return credentials;
}

/** The error on such a machine, which shows no secret. */
async function refused(machine: Machine): Promise<Error & { readonly code: string; readonly hint: string }> {
  const { world, left } = fakeMachine(machine);
  const error = await findCredentials(world).then(
    () => expect.unreachable(),
    (thrown: unknown) => thrown as Error & { code: string; hint: string },
  );
  expect(left()).toEqual([]);
  expect(error.code, error.message).toMatch(/^STORE_/);
  expect(`${error.message}${error.hint}`).not.toMatch(/secret\+of|header\.claims|token==/);
  return error;
}

describe("a web identity", () => {
  const env = { AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/token", AWS_ROLE_ARN: roleArn };
  const files = { "/var/run/token": `${jwt}\n` };

  test("is exchanged at STS in the region, or in its partition, or where it was said", async () => {
    expect(await find({ env, files, requests: [sts("https://sts.eu-west-1.amazonaws.com", assumed)] })).toEqual(found);
    const named = { ...env, AWS_ENDPOINT_URL_STS: "http://127.0.0.1:9", AWS_ENDPOINT_URL: "https://other.test" };
    const session = { ...named, AWS_ROLE_SESSION_NAME: "edge@prod" };
    expect(await find({ env: session, files, requests: [sts("http://127.0.0.1:9", assumed, "edge@prod")] })).toEqual(
      found,
    );
  });

  test("may stand in the variable itself", async () => {
    const inVariable = { AWS_WEB_IDENTITY_TOKEN: jwt, AWS_ROLE_ARN: roleArn };
    const requests = [sts("https://sts.eu-west-1.amazonaws.com", assumed)];
    expect(await find({ env: inVariable, requests })).toEqual(found);
  });

  test("is asked for again where STS is away or cannot reach the identity provider, and not where it refuses", async () => {
    const host = "https://sts.eu-west-1.amazonaws.com";
    const away = [sts(host), sts(host, stsRefusal(400, "IDPCommunicationError", "later")), sts(host, assumed)];
    expect(await find({ env, files, requests: away })).toEqual(found);
    const busy = sts(host, stsRefusal(503, "ServiceUnavailable", "later"));
    expect(await refused({ env, files, requests: [busy, busy, busy] })).toMatchObject({ code: "STORE_FAILED" });
    const denied = stsRefusal(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    expect(await refused({ env, files, requests: [sts(host, denied)] })).toMatchObject({
      code: "STORE_BAD_CREDENTIALS",
      message: expect.stringContaining("AccessDenied: Not authorized"),
      hint: expect.stringContaining("trusts the identity provider"),
    });
  });

  test.each([
    ["no role", { AWS_WEB_IDENTITY_TOKEN: jwt }, "no role to take"],
    ["a file that is not there", { AWS_WEB_IDENTITY_TOKEN_FILE: "/none", AWS_ROLE_ARN: roleArn }, "no token in /none"],
    ["what is no token", { AWS_WEB_IDENTITY_TOKEN: "a\nb", AWS_ROLE_ARN: roleArn }, "is no token"],
    ["what is no role", { AWS_WEB_IDENTITY_TOKEN: jwt, AWS_ROLE_ARN: "admin" }, "AWS_ROLE_ARN is not of the form"],
    [
      "an address in the clear",
      { AWS_WEB_IDENTITY_TOKEN: jwt, AWS_ROLE_ARN: roleArn, AWS_ENDPOINT_URL_STS: "http://sts.example.net" },
      "which a token may be sent to",
    ],
  ])("is refused with %s", async (_, wrong, message) => {
    expect((await refused({ env: wrong })).message).toContain(message);
  });

  test.each([
    ["something else", "<html></html>", "no SecretAccessKey"],
    ["no XML", "{", "no SecretAccessKey"],
    ["no end", assumed.body.replace(/<Expiration>.*<\/Expiration>/, ""), "there is no Expiration"],
    ["a key with a comma", assumed.body.replace("ASIA1", "ASIA1,"), "the AccessKeyId is none"],
    ["too much", `<a>${"x".repeat(70_000)}</a>`, "more than credentials"],
  ])("is refused where the answer is %s", async (_, body, message) => {
    const requests = [sts("https://sts.eu-west-1.amazonaws.com", { body })];
    expect((await refused({ env, files, requests })).message).toContain(message);
  });
});

describe("a container's role", () => {
  test("is asked of ECS by its path, and elsewhere by an address with a token, from its file first", async () => {
    const relative = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/credentials/1" };
    const ecs = { request: "GET http://169.254.170.2/v2/credentials/1", headers: { authorization: undefined } };
    expect(await find({ env: relative, requests: [{ ...ecs, answer: { body: json } }] })).toEqual(found);
    const eks = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.23/v1/credentials",
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "other",
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/var/run/eks-token",
    };
    const request = {
      request: "GET http://169.254.170.23/v1/credentials",
      headers: { authorization: jwt },
      answer: { body: json },
    };
    expect(await find({ env: eks, files: { "/var/run/eks-token": jwt }, requests: [request] })).toEqual(found);
  });

  test.each([
    ["http://example.net/credentials", "neither https"],
    ["http://169.254.169.254/", "neither https"],
    ["http://127.evil.test/", "neither https"],
    ["ftp://127.0.0.1/", "neither https"],
    ["https://user:pass@example.net/", "is not an address"],
    ["credentials", "is not an address"],
  ])("is not asked of %s", async (address, message) => {
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: address };
    expect((await refused({ env })).message).toContain(message);
  });

  test.each(["//example.net/x", "v2/credentials", "http://169.254.170.2/x", "/\\example.net"])(
    "is not asked of ECS by %s",
    async (path) => {
      const env = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path };
      const asked = URL.parse(path, "http://169.254.170.2")?.origin === "http://169.254.170.2" && path.startsWith("/");
      expect(asked).toBe(false);
      expect((await refused({ env })).message).toContain("is not a path");
    },
  );

  test("that is refused, or that is none, is told", async () => {
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://localhost:80/x" };
    const request = "GET http://localhost/x";
    const denied = { status: 403, body: '{"code":"AccessDenied","message":"m"}' };
    expect(await refused({ env, requests: [{ request, answer: denied }] })).toMatchObject({
      code: "STORE_BAD_CREDENTIALS",
      message: expect.stringContaining("AccessDenied"),
    });
    expect((await refused({ env, requests: [{ request, answer: { body: "secret+of/one" } }] })).message).toContain(
      "no JSON",
    );
    expect((await refused({ env, requests: [{ request }, { request }, { request }] })).code).toBe("STORE_UNREACHABLE");
  });
});

describe("a profile", () => {
  const keys = "aws_access_key_id = AKIA1\naws_secret_access_key = secret+of/one\n";
  const lasting = { accessKeyId: "AKIA1", secretAccessKey: "secret+of/one" };
  const credentials = "/home/u/.aws/credentials";
  const config = "/home/u/.aws/config";

  test("is the default one, or the named one, in the home directory or where it was said", async () => {
    expect(await find({ files: { [credentials]: `# mine\n[other]\nx=y\n[default]\n${keys}` } })).toEqual(lasting);
    const env = { AWS_PROFILE: "with blank", AWS_CONFIG_FILE: "/etc/aws" };
    const text = `[default]\nregion = x\n[profile "with blank"]\n${keys}aws_session_token=token==\ns3 =\n  path = x\n`;
    expect(await find({ env, files: { "/etc/aws": text } })).toEqual({ ...lasting, sessionToken: "token==" });
  });

  test("is put together of both files; what the credentials' own says comes first", async () => {
    const files = {
      [config]: `[profile a]\nregion = eu-west-1\naws_access_key_id = AKIA2\n[a]\naws_access_key_id = AKIA3\n`,
      [credentials]: `[a]\n${keys}`,
    };
    expect(await find({ env: { AWS_PROFILE: "a" }, files })).toEqual(lasting);
  });

  test("takes a role by a token in a file, or the word of a program", async () => {
    const role = `[default]\nrole_arn = ${roleArn}\nweb_identity_token_file = /token\n`;
    const requests = [sts("https://sts.eu-west-1.amazonaws.com", assumed)];
    expect(await find({ files: { [config]: role, "/token": jwt }, requests })).toEqual(found);
    const program = '[default]\ncredential_process = /opt/tool --profile "my own" x\n';
    const programs = { '["/opt/tool","--profile","my own","x"]': printed };
    expect(await find({ files: { [config]: program }, programs })).toEqual(found);
  });

  test.each([
    ["a program in a file that others can change", "credential_process = /opt/tool\n", "others can change the file"],
    ["a program by a shell", "credential_process = /opt/tool $HOME | jq\n", "needs a shell"],
    ["a role by another profile", `role_arn = ${roleArn}\nsource_profile = b\n`, "by another credential"],
    ["single sign-on", "sso_session = x\nregion = y\n", "sso_session is not read here"],
    ["half a key", "aws_access_key_id = AKIA1\n", "there is no SecretAccessKey"],
    ["a secret with a blank", `${keys.trim()} more\n`, "the SecretAccessKey is none"],
    ["a line that is none", `nonsense\n${keys}`, `line 2 of ${config} cannot be read`],
    ["nothing", "region = x\n", "there are no credentials of the profile a in"],
  ])("is refused with %s", async (_, text, message) => {
    const files = { [config]: `[profile a]\n${text}` };
    const open = text.includes("/opt/tool\n") ? [config] : [];
    expect((await refused({ env: { AWS_PROFILE: "a" }, files, open })).message).toContain(message);
  });

  test("that is named and not there is an error", async () => {
    expect((await refused({ env: { AWS_PROFILE: "a" } })).message).toContain("there is nothing of the profile a");
  });

  test.each([
    ["a b  c", ["a", "b", "c"]],
    [`"a b" 'c "d"'  e=f,g:h`, ["a b", 'c "d"', "e=f,g:h"]],
    ["/opt/tool ''", ["/opt/tool", ""]],
    ["a$b", undefined],
    ["a; b", undefined],
    ['"a$(b)"', undefined],
    ["a\\ b", undefined],
    ['a"b"', undefined],
    ['"a', undefined],
    ["~/tool", undefined],
    ["", undefined],
    ["''", undefined],
  ])("has a command line %s", (line, words) => {
    expect(splitCommandLine(line)).toEqual(words);
  });
});

describe("an instance's role", () => {
  const metadata = "http://169.254.169.254/latest";
  const token: Expected = {
    request: `PUT ${metadata}/api/token`,
    headers: { "x-aws-ec2-metadata-token-ttl-seconds": "300" },
    answer: { body: "session==" },
  };
  const ask = (path: string, answer: Expected["answer"]): Expected => ({
    request: `GET ${metadata}/meta-data/iam/security-credentials/${path}`,
    headers: { "x-aws-ec2-metadata-token": "session==" },
    ...(answer === undefined ? {} : { answer }),
  });

  test("is asked for by a session, where nothing else is there", async () => {
    const requests = [token, ask("", { body: "edge\n" }), ask("edge", { body: json })];
    expect(await find({ requests })).toEqual(found);
  });

  test("is asked for where it was said", async () => {
    const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: "IPv6" };
    const requests = [token, ask("", { body: "edge" }), ask("edge", { body: json })].map((each) => ({
      ...each,
      request: each.request.replace("169.254.169.254", "[fd00:ec2::254]"),
    }));
    expect(await find({ env, requests })).toEqual(found);
  });

  test.each([
    ["no answer", [{ request: token.request }], "cannot be reached: ECONNREFUSED"],
    ["an instance without role", [token, ask("", { status: 404, body: "" })], "this instance has none"],
    ["a machine that knows no sessions", [{ ...token, answer: { status: 404, body: "<html>" } }], "answered 404"],
    ["a machine that answers everything", [{ ...token, answer: { body: "<p>Log in\n</p>" } }], "200, and no token"],
  ])("is none with %s, and all that was looked for is told", async (_, requests, why) => {
    const { message } = await refused({ requests });
    expect(message).toContain(why);
    for (const place of ["AWS_WEB_IDENTITY_TOKEN_FILE", "/home/u/.aws/credentials", "AWS_CONTAINER_CREDENTIALS"])
      expect(message).toContain(place);
  });

  test("is not waited for by a time that is none", async () => {
    const { message } = await refused({ env: { AWS_METADATA_SERVICE_TIMEOUT: "soon" } });
    expect(message).toContain("is no number of seconds");
  });

  test("is not asked for where that is forbidden", async () => {
    expect((await refused({ env: { AWS_EC2_METADATA_DISABLED: "true" } })).message).toContain("is set");
  });

  test("that cannot be read is told", async () => {
    const strange = [token, ask("", { body: "../x" })];
    expect(await refused({ requests: strange })).toMatchObject({ code: "STORE_BAD_CREDENTIALS" });
    const failed = [token, ask("", { body: "edge" }), ask("edge", { body: '{"Code":"Failed"}' })];
    expect(await refused({ requests: failed })).toMatchObject({ code: "STORE_OPTIONS" });
  });
});

test("places are looked at in the order of AWS's SDKs", async () => {
  const env = {
    AWS_WEB_IDENTITY_TOKEN: jwt,
    AWS_ROLE_ARN: roleArn,
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/x",
  };
  const files = { "/home/u/.aws/credentials": "[default]\naws_access_key_id=AKIA1\naws_secret_access_key=s\n" };
  const requests = [sts("https://sts.eu-west-1.amazonaws.com", assumed)];
  expect(await find({ env, files, requests })).toEqual(found);
  const container = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/x" };
  expect(await find({ env: container, files })).toMatchObject({ accessKeyId: "AKIA1" });
});
