import { constants, generateKeyPairSync, verify } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { signJwt } from "./jwt.ts";
import { cachedToken, clientCredentials, jwtBearer } from "./oauth.ts";
import { api, client, closeApis, json } from "./testing/api.ts";

afterEach(closeApis);

describe("cachedToken", () => {
  test("asks once for many, again before the end, and when renewed", async () => {
    let now = 0;
    let issued = 0;
    const token = cachedToken(
      async () => {
        await new Promise(setImmediate);
        return { token: `t${++issued}`, expiresIn: 600 };
      },
      () => now,
    );
    expect(await Promise.all([token(), token(), token()])).toEqual(["t1", "t1", "t1"]);
    now = 539_000;
    expect(await token()).toBe("t1");
    now = 540_000;
    expect(await token()).toBe("t2");
    expect(await Promise.all([token(true), token(true), token()])).toEqual(["t3", "t3", "t3"]);
    expect(await token()).toBe("t3");
  });

  test("a failure is not kept", async () => {
    let calls = 0;
    const token = cachedToken(
      async () => {
        if (++calls === 1) throw new Error("down");
        return { token: "t", expiresIn: 0 };
      },
      () => 0,
    );
    await expect(token()).rejects.toThrow("down");
    expect(await token()).toBe("t");
    await token();
    expect(calls).toBe(3);
  });
});

describe("tokens from a server", () => {
  test("by client credentials, in the body or as basic authentication", async () => {
    const { url, seen } = await api(
      json(200, { access_token: "tok-1", expires_in: "3600" }),
      json(200, { access_token: "tok-2" }),
      json(401, { error_description: "no secret-9 here" }),
    );
    const { http } = client(url);
    const common = { path: "/token", now: () => 0, clientId: "me", clientSecret: "secret-9" };
    expect(await clientCredentials(http, { ...common, scope: "dns", fields: { audience: "x" } })()).toBe("tok-1");
    expect(await clientCredentials(http, { ...common, sendIn: "basic" })()).toBe("tok-2");
    expect(seen.map(({ body }) => body)).toEqual([
      "grant_type=client_credentials&client_id=me&client_secret=secret-9&scope=dns&audience=x",
      "grant_type=client_credentials",
    ]);
    expect(seen[1]?.headers.authorization).toBe(`Basic ${Buffer.from("me:secret-9").toString("base64")}`);
    await expect(clientCredentials(http, common)()).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
  });

  test("by an assertion, and as the bearer of another client", async () => {
    const { url, seen } = await api(
      json(200, { access_token: "tok-1", expires_in: 60 }),
      json(200, {}),
      json(401, {}),
      json(200, { access_token: "tok-2", expires_in: 60 }),
      json(200, {}),
    );
    const source = jwtBearer(client(url).http, { path: "/token", now: () => 0, assertion: () => "a.b.c" });
    const { http } = client(url, { bearer: source });
    await http.get("/one");
    await http.get("/two");
    expect(seen.map(({ url: at, headers }) => `${at} ${headers.authorization}`)).toEqual([
      "/v1/token undefined",
      "/v1/one Bearer tok-1",
      "/v1/two Bearer tok-1",
      "/v1/token undefined",
      "/v1/two Bearer tok-2",
    ]);
    expect(seen[0]?.body).toBe("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c");
  });
});

describe("signJwt", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = (pair: typeof rsa) => pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();

  test.each([
    ["RS256", rsa, {}],
    ["PS256", rsa, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }],
    ["ES256", ec, { dsaEncoding: "ieee-p1363" as const }],
  ] as const)("%s", (algorithm, pair, how) => {
    const token = signJwt({ algorithm, key: pem(pair), claims: { iss: "é" }, header: { kid: "k" } });
    const [header = "", claims = "", signature = ""] = token.split(".");
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({ alg: algorithm, typ: "JWT", kid: "k" });
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toEqual({ iss: "é" });
    expect(
      verify(
        "sha256",
        Buffer.from(`${header}.${claims}`),
        { key: pair.publicKey, ...how },
        Buffer.from(signature, "base64url"),
      ),
    ).toBe(true);
  });

  test.each([
    ["no key", "RS256", "-----BEGIN PRIVATE KEY-----\nsecret-9\n-----END PRIVATE KEY-----"],
    ["an EC key for RSA", "PS256", pem(ec)],
    ["an RSA key for EC", "ES256", pem(rsa)],
  ] as const)("refuses %s", (_name, algorithm, key) => {
    expect(() => signJwt({ algorithm, key, claims: {} })).toThrow(
      expect.objectContaining({ code: "PROVIDER_AUTH", message: expect.not.stringContaining("secret-9") }),
    );
  });
});
