import { afterEach, expect, it } from "vitest";
import { createSecrets } from "../reporter/secrets.ts";
import { testContext } from "../testing/fake-context.ts";
import { fetchZerosslBinding } from "./zerossl-binding.ts";

const good = { success: true, eab_kid: "kid-1", eab_hmac_key: "aG1hYy1rZXktb2YtdGhlLWFjY291bnQ" };

let served = 0;
let expected = 0;
afterEach(() => {
  expect(served).toBe(expected);
  served = 0;
  expected = 0;
});

/** ZeroSSL's API as its documentation has it: one request, exactly so, answered so. */
function api(url: string, body: string | undefined, answer: () => Response): typeof fetch {
  expected += 1;
  return async (input, init) => {
    served += 1;
    expect(String(input)).toBe(url);
    expect(init?.method).toBe("POST");
    expect(init?.redirect).toBe("error");
    expect(init?.body === undefined ? undefined : String(init.body)).toBe(body);
    return answer();
  };
}

const byEmail = "https://api.zerossl.com/acme/eab-credentials-email";
const form = "email=me%2Bacme%40example.test";
const ask = (fetch: typeof globalThis.fetch, env = {}, email: string | undefined = "me+acme@example.test") => {
  const secrets = createSecrets();
  return { secrets, answer: fetchZerosslBinding(email, { context: { ...testContext({ env }), fetch }, secrets }) };
};

it("makes a binding for an e-mail address, and masks its key", async () => {
  const { answer, secrets } = ask(api(byEmail, form, () => Response.json(good)));
  expect(await answer).toEqual({ keyId: good.eab_kid, hmacKey: good.eab_hmac_key });
  expect(secrets.mask(`x ${good.eab_hmac_key} x`)).toBe("x [secret] x");
});

it("makes one for an account of ZeroSSL by the key of its API, which is shown nowhere", async () => {
  const url = "https://api.zerossl.com/acme/eab-credentials?access_key=k3y-of-the-api";
  const env = { ZEROSSL_ACCESS_KEY: "k3y-of-the-api\n" };
  expect(
    await ask(
      api(url, undefined, () => Response.json({ ...good, success: 1 })),
      env,
    ).answer,
  ).toMatchObject({
    keyId: "kid-1",
  });
  const { answer, secrets } = ask(
    api(url, undefined, () => Response.error()),
    env,
  );
  const error = await answer.catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: "CLI_BINDING_REFUSED" });
  expect(secrets.mask(url)).not.toContain("k3y-of-the-api");
  expect(String(error)).not.toContain("k3y-of-the-api");
});

it("without an address nothing is asked", async () => {
  const fetch = async () => {
    throw new Error("must not be asked");
  };
  await expect(
    fetchZerosslBinding(undefined, { context: { ...testContext({}), fetch }, secrets: createSecrets() }),
  ).rejects.toMatchObject({
    code: "CLI_BINDING_NEEDED",
    hint: expect.stringContaining("--email"),
  });
});

it.each<[string, () => Response, RegExp]>([
  ["a refusal", () => Response.json({ success: false, error: { code: 2900, type: "missing_email" } }), /missing_email/],
  ["a page", () => new Response("<html>", { status: 502 }), /status 502 and no JSON/],
  ["no key", () => Response.json({ success: true, eab_kid: "kid" }), /status 200/],
  ["a key that is none", () => Response.json({ ...good, eab_hmac_key: "a b\n" }), /status 200/],
  ["success that is none", () => Response.json({ ...good, success: 0 }), /status 200/],
  ["too much", () => new Response("x".repeat(100_000)), /does not answer/],
  ["null", () => Response.json(null), /status 200/],
  ["nothing", () => Response.error(), /no JSON|does not answer/],
])("%s is told", async (_, answer, message) => {
  const asked = ask(api(byEmail, form, answer));
  await expect(asked.answer).rejects.toMatchObject({
    code: "CLI_BINDING_REFUSED",
    message: expect.stringMatching(message),
    hint: expect.stringContaining("https://app.zerossl.com/developer"),
  });
});
