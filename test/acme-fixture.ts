import { readFile } from "node:fs/promises";
import { request } from "node:https";
import type { ChallengeType, Identifier } from "@certwright/core";
import {
  type AcmeClient,
  type AcmeClientOptions,
  answerChallenge,
  createAccount,
  createAcmeClient,
  createCsr,
  createOrder,
  type DownloadOptions,
  dns01Record,
  dnsAccount01Record,
  dnsPersist01Record,
  downloadCertificate,
  finalizeOrder,
  generateKey,
  getAuthorizations,
  http01Resource,
  isIssuedBy,
  type KeyType,
  keyAuthorization,
  matchesKey,
  type NewOrder,
  type Order,
  waitForOrder,
} from "@certwright/core/acme";
import { type Challtestsrv, type Pebble, startChalltestsrv, startPebble } from "@certwright/tools/servers";
import { afterAll, beforeAll, expect } from "vitest";
import { patience } from "./cli-process.ts";

/* One Pebble and one DNS for all tests of a file, and the plumbing spelled out as an issuance needs it. */
export const dns = (value: string): Identifier => ({ type: "dns", value });
export const agreed = { termsOfServiceAgreed: true };

export let chall: Challtestsrv;
export let pebble: Pebble;

beforeAll(async () => {
  chall = await startChalltestsrv();
  pebble = await startPebble({
    dnsServer: chall.dns,
    httpPort: chall.httpPort,
    alternateRoots: 1,
    domainBlocklist: ["blocked.test"],
  });
});

afterAll(async () => {
  await pebble.stop();
  await chall.stop();
});

export async function clientFor(server: Pebble, options: Partial<AcmeClientOptions> = {}): Promise<AcmeClient> {
  return createAcmeClient({
    directoryUrl: server.directoryUrl,
    accountKey: await generateKey(),
    caPem: await readFile(server.caFile, "utf8"),
    userAgent: "certwright/test",
    ...options,
  });
}

export async function registered(server: Pebble, options: Partial<AcmeClientOptions> = {}): Promise<AcmeClient> {
  const client = await clientFor(server, options);
  return client.withAccount((await createAccount(client, agreed)).url);
}

/** Puts every challenge of one type in place and answers it. */
export async function prove(client: AcmeClient, order: Order, type: ChallengeType = "dns-01"): Promise<void> {
  const authorizations = await getAuthorizations(client, order.authorizations);
  await Promise.all(
    authorizations
      .filter(({ status }) => status === "pending")
      .map(async ({ identifier, wildcard, challenges }) => {
        const challenge = challenges.find((each) => each.type === type);
        if (challenge === undefined) throw new Error(`no ${type} for ${identifier.value}`);
        const { token = "" } = challenge;
        const proof = token === "" ? "" : keyAuthorization(token, client.thumbprint);
        const accountUrl = client.accountUrl ?? "";
        const [issuerDomainName = ""] = challenge.issuerDomainNames ?? [];
        if (type === "http-01") await chall.manage("add-http01", { token, content: http01Resource(token, proof).body });
        else {
          const { name, value } = {
            "dns-01": () => dns01Record(identifier.value, proof),
            "dns-account-01": () => dnsAccount01Record(identifier.value, proof, accountUrl),
            "dns-persist-01": () =>
              dnsPersist01Record({ domain: identifier.value, issuerDomainName, accountUrl, wildcard }),
          }[type as "dns-01" | "dns-account-01" | "dns-persist-01"]();
          await chall.manage("set-txt", { host: `${name}.`, value });
        }
        await answerChallenge(client, challenge);
      }),
  );
}

interface Issuance {
  readonly keyType?: KeyType;
  readonly challenge?: ChallengeType;
  readonly download?: DownloadOptions;
}

/** One whole issuance, as the layer above does it. */
export async function issue(client: AcmeClient, wanted: NewOrder, { keyType, challenge, download }: Issuance = {}) {
  const order = await createOrder(client, wanted);
  await prove(client, order, challenge);
  const ready = await waitForOrder(client, order, "ready", { timeout: patience / 1000 });
  const key = await generateKey(keyType);
  const { der } = await createCsr(key, wanted.identifiers);
  const finalized = await finalizeOrder(client, ready, der);
  const valid = await waitForOrder(client, finalized, "valid", { timeout: patience / 1000 });
  const chain = await downloadCertificate(client, valid.certificate ?? "", download);
  const [leaf, issuer] = chain.certificates;
  if (leaf === undefined || issuer === undefined) throw new Error("the chain is too short");
  expect(leaf.names.toSorted()).toEqual(wanted.identifiers.map(({ value }) => value).toSorted());
  expect(matchesKey(leaf, key)).toBe(true);
  expect(isIssuedBy(leaf, issuer)).toBe(true);
  return { order, key, leaf, chain };
}

export async function management(path: string, body: object): Promise<number> {
  const ca = await readFile(pebble.caFile, "utf8");
  const headers = { "User-Agent": "certwright-test", "Content-Type": "application/json" };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${pebble.managementUrl}/${path}`,
      { method: "POST", ca, headers, agent: false },
      (incoming) => {
        incoming.resume().once("end", () => resolve(incoming.statusCode ?? 0));
      },
    );
    outgoing.once("error", reject).end(JSON.stringify(body));
  });
}
