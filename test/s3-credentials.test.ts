import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findCredentials, keepCredentials, type S3Credentials, s3Store } from "@certwright/store-s3";
import { type Moto, motoPython, startMoto } from "@certwright/tools/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeBucket } from "./bucket.ts";
import { runMain } from "./cli-process.ts";
import { type Passed, startS3Proxy } from "./s3-proxy.ts";

let moto: Moto;
let proxy: Awaited<ReturnType<typeof startS3Proxy>>;
beforeAll(async () => {
  moto = await startMoto();
  proxy = await startS3Proxy(moto.endpoint);
});
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await moto?.stop();
});

const roleName = "certificates";
const roleArn = `arn:aws:iam::123456789012:role/${roleName}`;
const jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwcm9qZWN0In0.c2lnbmF0dXJl";

/** What docs/guide/configuration.md says that the credentials need. */
const statePolicy = (bucket: string) => [
  { Effect: "Allow", Action: "s3:ListBucket", Resource: `arn:aws:s3:::${bucket}` },
  {
    Effect: "Allow",
    Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
    Resource: `arn:aws:s3:::${bucket}/ci/prod/*`,
  },
];

async function askIam(form: Readonly<Record<string, string>>): Promise<void> {
  const answer = await fetch(moto.endpoint, {
    method: "POST",
    headers: { authorization: "AWS4-HMAC-SHA256 Credential=a/20261128/us-east-1/iam/aws4_request, Signature=0" },
    body: new URLSearchParams({ Version: "2010-05-08", RoleName: roleName, ...form }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** From here on moto checks signature, session token and policy of each request, or of none. */
async function checkSignatures(on: boolean): Promise<void> {
  const answer = await fetch(`${moto.endpoint}/moto-api/reset-auth`, { method: "POST", body: on ? "0" : "inf" });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Whether each request carries the signature that AWS's own code computes for it. */
async function signedRight(requests: readonly Passed[], credentials: S3Credentials): Promise<readonly boolean[]> {
  const script = `
import json, sys
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
given = json.load(sys.stdin)
def right(method, url, headers):
    parts = dict(part.split("=", 1) for part in headers["authorization"].split(" ", 1)[1].split(", "))
    _, _, region, service, _ = parts["Credential"].split("/")
    signed = {name: headers[name] for name in parts["SignedHeaders"].split(";")}
    request = AWSRequest(method=method, url="http://" + headers["host"] + url, headers=signed)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = S3SigV4Auth(Credentials(*given["keys"]), service, region)
    return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request) == parts["Signature"]
print(json.dumps([right(**request) for request in given["requests"]]))
`;
  const { command, env } = await motoPython();
  const [program = "", ...args] = command;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const input = JSON.stringify({
    keys: [accessKeyId, secretAccessKey, sessionToken],
    requests: requests.map(({ method, url, headers }) => ({
      method: method === "LIST" ? "GET" : method,
      url,
      headers,
    })),
  });
  return JSON.parse(execFileSync(program, [...args, "-c", script], { env, input, encoding: "utf8" }));
}

test("every request is signed as AWS's own code signs it, with all its headers, whatever is in its key", async () => {
  const credentials = { accessKeyId: "ASIA1", secretAccessKey: "secret/+of one", sessionToken: "token/+==" };
  const { options } = await makeBucket(moto, proxy.endpoint);
  const store = s3Store({ ...options, prefix: "of one/a=b", credentials: async () => credentials });
  proxy.take();
  const version = await store.write("certificates/_.example.test/meta.json", Buffer.from("one"), { ifVersion: null });
  await store.write("certificates/_.example.test/meta.json", Buffer.from("two"), { ifVersion: version });
  expect(await store.list("certificates")).toEqual(["_.example.test/"]);
  await (await store.lease("a lease/of ours?", { signal: new AbortController().signal })).release();
  await store.remove("certificates/_.example.test/meta.json");
  const passed = proxy.take();
  expect(new Set(passed.map(({ method }) => method))).toEqual(new Set(["PUT", "GET", "LIST", "DELETE"]));
  expect(await signedRight(passed, credentials)).toEqual(passed.map(() => true));
  const signed = passed.map(({ headers }) => /SignedHeaders=([^,]+)/.exec(headers.authorization ?? "")?.[1]);
  expect(signed.filter((names) => names?.includes("if-match"))).toHaveLength(
    passed.filter(({ headers }) => headers["if-match"] !== undefined).length,
  );
  expect(signed.every((names) => names?.includes("x-amz-security-token"))).toBe(true);
  // And it is no code that says yes to everything.
  const changed = passed.map((each) => ({ ...each, headers: { ...each.headers, "x-amz-security-token": "other" } }));
  expect(await signedRight(changed, credentials)).toEqual(passed.map(() => false));
});

test("a role taken by a web identity may do what the guide says it needs; what is refused is replaced", async () => {
  const { bucket, options } = await makeBucket(moto);
  const document = (Statement: unknown) => JSON.stringify({ Version: "2012-10-17", Statement });
  await askIam({ Action: "CreateRole", AssumeRolePolicyDocument: document([]) });
  await askIam({ Action: "PutRolePolicy", PolicyName: "state", PolicyDocument: document(statePolicy(bucket)) });
  const env = { AWS_WEB_IDENTITY_TOKEN: jwt, AWS_ROLE_ARN: roleArn, AWS_ENDPOINT_URL_STS: moto.endpoint };
  const world = {
    ...{ env, home: "/", region: moto.region, fetch, random: Math.random, secret: () => {} },
    readFile: () => expect.unreachable(),
    run: () => expect.unreachable(),
  };
  const [role, other] = [await findCredentials(world), await findCredentials(world)];
  expect(role.accessKeyId).toMatch(/^ASIA/);
  expect(role.expires).toBeGreaterThan(Date.now());
  await checkSignatures(true);
  try {
    const as = (credentials: S3Credentials) => s3Store({ ...options, credentials: async () => credentials });
    const store = as(role);
    const version = await store.write("a", Buffer.from("one"), { ifVersion: null });
    await expect(store.write("a", Buffer.from("two"), { ifVersion: null })).rejects.toMatchObject({
      code: "STORE_CONFLICT",
    });
    expect(await store.read("a")).toMatchObject({ version });
    await (await store.lease("work", { signal: new AbortController().signal })).release();
    await store.remove("a");
    await expect(
      s3Store({ ...options, prefix: "beside", credentials: async () => role }).read("a"),
    ).rejects.toMatchObject({ code: "STORE_FORBIDDEN" });

    const { sessionToken: _, ...tokenless } = role;
    const wrong = { ...role, secretAccessKey: other.secretAccessKey };
    for (const [credentials, said] of [
      [wrong, "SignatureDoesNotMatch"],
      [tokenless, "InvalidAccessKeyId"],
      [{ ...role, sessionToken: other.sessionToken ?? "" }, "InvalidToken"],
    ] as const) {
      const refusal = { code: "STORE_BAD_CREDENTIALS", message: expect.stringContaining(said) };
      await expect(as(credentials).read("a")).rejects.toMatchObject(refusal);
    }
    const answers = [wrong, role];
    const source = keepCredentials(async () => answers.shift() ?? expect.unreachable(), Date.now);
    const replaced = s3Store({ ...options, credentials: source });
    expect(await Promise.all([replaced.read("a"), replaced.read("b")])).toEqual([undefined, undefined]);
    expect(answers).toEqual([]);
  } finally {
    await checkSignatures(false);
  }
});

/** A server that knows these requests and no others; what came to it is listed. */
async function startPlace(routes: Readonly<Record<string, { readonly status?: number; readonly body: string }>>) {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const { authorization, "x-aws-ec2-metadata-token": session } = incoming.headers;
    const request = [incoming.method, incoming.url, authorization ?? session].filter(Boolean).join(" ");
    asked.push(request);
    const { status = 200, body } = routes[request] ?? { status: 500, body: `unexpected: ${request}` };
    outgoing.writeHead(status).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** An answer as ECS and EC2 give it. */
const roleJson = (AccessKeyId: string) => ({
  body: JSON.stringify({
    Code: "Success",
    AccessKeyId,
    SecretAccessKey: `secret-of-${AccessKeyId}`,
    Token: `token-of-${AccessKeyId}`,
    Expiration: new Date(Date.now() + 3_600_000).toISOString(),
  }),
});

test("the command finds the credentials there are: web identity, profile, program, container, instance", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "certwright-credentials-"));
  await using container = await startPlace({ "GET /v1/credentials pod-token": roleJson("ASIACONTAINER") });
  await using instance = await startPlace({
    "PUT /latest/api/token": { body: "session" },
    "GET /latest/meta-data/iam/security-credentials/ session": { body: "edge" },
    "GET /latest/meta-data/iam/security-credentials/edge session": roleJson("ASIAINSTANCE"),
  });
  const file = async (path: string, text: string): Promise<string> => {
    const full = join(dir.path, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, text, { mode: 0o600 });
    return full;
  };
  const program = { Version: 1, AccessKeyId: "AKIAPROGRAM", SecretAccessKey: "secret-of-AKIAPROGRAM" };
  const output = await file("printed.json", JSON.stringify(program));
  const profile = "[profile edge]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = secret-of-AKIAPROFILE\n";
  const config = await file("config", `${profile}[profile tool]\ncredential_process = /bin/cat '${output}'\n`);
  const {
    bucket,
    env: { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...env },
  } = await makeBucket(moto, proxy.endpoint);
  const check = async (place: string, given: Readonly<Record<string, string>>): Promise<void> => {
    const whole = {
      ...env,
      PATH: "/usr/bin:/bin",
      HOME: dir.path,
      CERTWRIGHT_STATE: `s3://${bucket}/${place}`,
      ...given,
    };
    expect(await runMain(["state", "check"], whole, dir.path, undefined), place).toMatchObject({ code: 0, stderr: "" });
  };
  proxy.take();
  await Promise.all([
    check("identity", {
      AWS_WEB_IDENTITY_TOKEN_FILE: await file("token", `${jwt}\n`),
      AWS_ROLE_ARN: roleArn,
      AWS_ENDPOINT_URL_STS: moto.endpoint,
    }),
    check("profile", { AWS_CONFIG_FILE: config, AWS_PROFILE: "edge" }),
    check("program", { AWS_CONFIG_FILE: config, AWS_PROFILE: "tool" }),
    check("container", {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.address}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: await file("pod-token", "pod-token"),
    }),
    check("instance", {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: instance.address,
      // However busy the machine is.
      AWS_METADATA_SERVICE_TIMEOUT: "120",
    }),
  ]);
  const signers = new Map<string, Set<string>>();
  for (const { path, headers } of proxy.take()) {
    const [, key = ""] = /Credential=([^/]+)/.exec(headers.authorization ?? "") ?? [];
    const place = path.split("/")[0] ?? "";
    signers.set(place, (signers.get(place) ?? new Set()).add(key));
  }
  expect(Object.fromEntries([...signers].map(([place, keys]) => [place, [...keys]]))).toEqual({
    identity: [expect.stringMatching(/^ASIA[A-Z0-9]{16}$/)],
    profile: ["AKIAPROFILE"],
    program: ["AKIAPROGRAM"],
    container: ["ASIACONTAINER"],
    instance: ["ASIAINSTANCE"],
  });
  // Each place was asked once, and the instance by nobody who had anything else.
  expect(container.asked).toHaveLength(1);
  expect(instance.asked).toHaveLength(3);
});

test("a token is shown nowhere, whatever STS says of it", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "certwright-credentials-"));
  const refusal = `<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>${jwt} is none</Message></Error></ErrorResponse>`;
  await using sts = await startPlace({ "POST /": { status: 400, body: refusal } });
  const { env } = await makeBucket(moto);
  const identity = { AWS_WEB_IDENTITY_TOKEN: jwt, AWS_ROLE_ARN: roleArn, AWS_ENDPOINT_URL_STS: sts.address };
  const whole = { ...env, ...identity, AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", CERTWRIGHT_DEBUG: "1" };
  const { code, stdout, stderr } = await runMain(["list"], whole, dir.path, undefined);
  expect(code).toBe(1);
  expect(stderr).toContain("InvalidIdentityToken: [secret] is none");
  expect(stdout + stderr).not.toContain(jwt.slice(0, 20));
});
