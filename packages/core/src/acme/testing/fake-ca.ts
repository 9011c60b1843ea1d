import { createHmac } from "node:crypto";
import { createFakeIssuer, type FakeIssuer } from "./fake-certificates.ts";

/** What a URL of the fake CA is. */
export type FakeResource =
  | "directory"
  | "newNonce"
  | "newAccount"
  | "newOrder"
  | "keyChange"
  | "revokeCert"
  | "account"
  | "order"
  | "authorization"
  | "challenge"
  | "finalize"
  | "certificate"
  | "alternate"
  | "renewalInfo";

/** An answer before it is sent. */
export interface FakeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request whose signature and nonce are right. */
export interface FakeCall {
  readonly method: string;
  readonly path: string;
  readonly resource: FakeResource;
  readonly payload: unknown;
  readonly account: string | undefined;
  readonly jwk: Record<string, string> | undefined;
}

interface FakeOrder {
  status: string;
  readonly names: readonly { type: string; value: string }[];
  readonly extra: Record<string, unknown>;
  pem?: string;
}

const paths: Readonly<Record<string, FakeResource>> = {
  dir: "directory",
  nonce: "newNonce",
  "new-account": "newAccount",
  "new-order": "newOrder",
  "key-change": "keyChange",
  revoke: "revokeCert",
  account: "account",
  order: "order",
  authz: "authorization",
  challenge: "challenge",
  finalize: "finalize",
  cert: "certificate",
  alternate: "alternate",
  ari: "renewalInfo",
};

/** JSON with status 200. */
export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): FakeReply {
  return { status, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(value) };
}

/** A problem document of an ACME type. */
export function problem(
  status: number,
  type: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
  more: object = {},
): FakeReply {
  const document = { type: `urn:ietf:params:acme:error:${type}`, detail, status, ...more };
  return { ...json(document, status), headers: { "Content-Type": "application/problem+json", ...headers } };
}

/** The state of the fake CA: one challenge per name, valid as soon as it is answered. */
export class FakeCa {
  /** Fields that replace or extend the directory's `meta`. */
  meta: Record<string, unknown> = {};
  /** HMAC keys by key id; an account needs one where there are any. */
  readonly externalAccounts = new Map<string, Buffer>();
  /** Names whose authorizations become invalid. */
  readonly failing = new Map<string, object>();
  /** The answer to renewal-info requests. */
  renewalInfo: FakeReply = problem(404, "malformed", "unknown certificate");
  /** Calls a revocation came with. */
  readonly revocations: unknown[] = [];
  readonly #origin: string;
  readonly #issuer: FakeIssuer;
  readonly #other: FakeIssuer;
  readonly #accounts: { key: Record<string, string>; contact: unknown; status: string }[] = [];
  readonly #orders: FakeOrder[] = [];

  private constructor(origin: string, issuer: FakeIssuer, other: FakeIssuer) {
    this.#origin = origin;
    this.#issuer = issuer;
    this.#other = other;
  }

  static async create(origin: string): Promise<FakeCa> {
    return new FakeCa(origin, await createFakeIssuer("Fake Root"), await createFakeIssuer("Other Root"));
  }

  get rootPem(): string {
    return this.#issuer.rootPem;
  }

  get otherRootPem(): string {
    return this.#other.rootPem;
  }

  resourceOf(path: string): FakeResource | undefined {
    return paths[path.split("/")[1] ?? ""];
  }

  accountKey(url: string): Record<string, string> | undefined {
    return this.#accounts[Number(url.slice(this.#url("account/").length))]?.key;
  }

  async handle(call: FakeCall): Promise<FakeReply> {
    const [, , id = "", index = "0"] = call.path.split("/");
    switch (call.resource) {
      case "directory":
        return json(this.directory());
      case "newNonce":
        return { status: 200, headers: { "Cache-Control": "no-store" }, body: "" };
      case "newAccount":
        return this.#newAccount(call);
      case "account":
        return this.#account(Number(id), call.payload);
      case "keyChange":
        return this.#keyChange(call);
      case "newOrder":
        return this.#newOrder(call.payload as { identifiers: FakeOrder["names"] });
      case "order":
        return this.#order(Number(id));
      case "authorization":
        return this.#authorization(Number(id), Number(index), call.payload);
      case "challenge":
        return this.#challenge(Number(id), Number(index));
      case "finalize":
        return this.#finalize(Number(id), call.payload as { csr: string });
      case "certificate":
        return this.#certificate(Number(id));
      case "alternate":
        return pem((this.#orders[Number(id)]?.pem ?? "").replace(this.#issuer.rootPem, this.#other.rootPem));
      case "revokeCert":
        this.revocations.push({ ...(call.payload as object), signedBy: call.jwk ? "certificate key" : "account key" });
        return { status: 200, headers: {}, body: "" };
      case "renewalInfo":
        return this.renewalInfo;
    }
  }

  directory(): Record<string, unknown> {
    return {
      newNonce: this.#url("nonce"),
      newAccount: this.#url("new-account"),
      newOrder: this.#url("new-order"),
      keyChange: this.#url("key-change"),
      revokeCert: this.#url("revoke"),
      renewalInfo: this.#url("ari"),
      meta: this.meta,
      "some-random-entry": "https://example.com/why",
    };
  }

  #url(rest: string): string {
    return `${this.#origin}/${rest}`;
  }

  #newAccount({ payload, jwk }: FakeCall): FakeReply {
    const { onlyReturnExisting, contact, externalAccountBinding } = payload as Record<string, unknown>;
    if (jwk === undefined) return problem(400, "malformed", "newAccount takes a jwk");
    const known = this.#accounts.findIndex(({ key }) => JSON.stringify(key) === JSON.stringify(jwk));
    if (known >= 0) return this.#account(known, undefined);
    if (onlyReturnExisting === true) return problem(400, "accountDoesNotExist", "no account for this key");
    if (this.externalAccounts.size > 0 && !this.#isBound(externalAccountBinding, jwk))
      return problem(403, "unauthorized", "wrong external account binding");
    this.#accounts.push({ key: jwk, contact, status: "valid" });
    return { ...this.#account(this.#accounts.length - 1, undefined), status: 201 };
  }

  #isBound(value: unknown, jwk: object): boolean {
    const jws = value as { protected: string; payload: string; signature: string } | undefined;
    if (jws === undefined) return false;
    const header = JSON.parse(Buffer.from(jws.protected, "base64url").toString()) as {
      alg: string;
      kid: string;
      url: string;
      nonce?: string;
    };
    const key = this.externalAccounts.get(header.kid);
    if (
      key === undefined ||
      header.alg !== "HS256" ||
      header.url !== this.#url("new-account") ||
      header.nonce !== undefined
    )
      return false;
    const mac = createHmac("sha256", key).update(`${jws.protected}.${jws.payload}`).digest("base64url");
    return (
      mac === jws.signature &&
      JSON.stringify(JSON.parse(Buffer.from(jws.payload, "base64url").toString())) === JSON.stringify(jwk)
    );
  }

  #account(id: number, payload: unknown): FakeReply {
    const account = this.#accounts[id];
    if (account === undefined) return problem(404, "malformed", "no such account");
    Object.assign(account, payload);
    const { contact, status } = account;
    return json({ status, ...(contact === undefined ? {} : { contact }), orders: this.#url(`orders/${id}`) }, 200, {
      Location: this.#url(`account/${id}`),
    });
  }

  #keyChange({ payload, account }: FakeCall): FakeReply {
    const inner = payload as { protected: string; payload: string };
    const header = JSON.parse(Buffer.from(inner.protected, "base64url").toString()) as {
      jwk: Record<string, string>;
      url: string;
      nonce?: string;
    };
    const body = JSON.parse(Buffer.from(inner.payload, "base64url").toString()) as { account: string; oldKey: object };
    const entry = this.#accounts[Number((account ?? "").slice(this.#url("account/").length))];
    const right =
      entry !== undefined && body.account === account && JSON.stringify(body.oldKey) === JSON.stringify(entry.key);
    if (!right || header.url !== this.#url("key-change") || header.nonce !== undefined)
      return problem(400, "malformed", "wrong inner JWS");
    entry.key = header.jwk;
    return json({ status: "valid" });
  }

  #newOrder({ identifiers, ...extra }: { identifiers: FakeOrder["names"] }): FakeReply {
    this.#orders.push({ status: "pending", names: identifiers, extra });
    const id = this.#orders.length - 1;
    return { ...this.#order(id), status: 201 };
  }

  #answered = new Set<string>();

  #order(id: number): FakeReply {
    const order = this.#orders[id];
    if (order === undefined) return problem(404, "malformed", "no such order");
    const object = {
      status: order.status,
      expires: new Date(Date.now() + 3_600_000).toISOString(),
      identifiers: order.names.toReversed(),
      authorizations: order.names.map((_, index) => this.#url(`authz/${id}/${index}`)),
      finalize: this.#url(`finalize/${id}`),
      ...order.extra,
      ...(order.status === "valid" ? { certificate: this.#url(`cert/${id}`) } : {}),
    };
    // The next look finds the certificate issued.
    if (order.status === "processing") order.status = "valid";
    return json(object, 200, { Location: this.#url(`order/${id}`) });
  }

  #authorization(id: number, index: number, payload: unknown): FakeReply {
    const name = this.#orders[id]?.names[index];
    if (name === undefined) return problem(404, "malformed", "no such authorization");
    if (payload !== undefined) return json({ ...this.#authorizationObject(id, index, name), status: "deactivated" });
    return json(this.#authorizationObject(id, index, name));
  }

  #authorizationObject(id: number, index: number, name: { type: string; value: string }): Record<string, unknown> {
    const wildcard = name.value.startsWith("*.");
    const error = this.failing.get(name.value);
    const answered = this.#answered.has(`${id}/${index}`);
    const status = answered ? (error ? "invalid" : "valid") : "pending";
    const url = this.#url(`challenge/${id}/${index}`);
    const token = Buffer.from(`token-of-name-${id}-${index}-xx`).toString("base64url");
    return {
      status,
      identifier: { type: name.type, value: wildcard ? name.value.slice(2) : name.value },
      ...(wildcard ? { wildcard: true } : {}),
      challenges: [
        { type: "quantum-01", url, status: "pending", flux: 3 },
        { type: "dns-01", url, token, status, ...(answered && error ? { error } : {}) },
      ],
    };
  }

  #challenge(id: number, index: number): FakeReply {
    const order = this.#orders[id];
    if (order === undefined) return problem(404, "malformed", "no such challenge");
    this.#answered.add(`${id}/${index}`);
    const answers = order.names.map((_, each) => this.#answered.has(`${id}/${each}`));
    const failed = order.names.find((name, each) => answers[each] && this.failing.has(name.value));
    if (failed !== undefined) {
      order.status = "invalid";
      order.extra.error = this.failing.get(failed.value);
    } else if (answers.every(Boolean)) order.status = "ready";
    const name = order.names[index] ?? { type: "dns", value: "" };
    const challenges = this.#authorizationObject(id, index, name).challenges as object[];
    return json({ ...challenges[1], status: "processing" });
  }

  async #finalize(id: number, { csr }: { csr: string }): Promise<FakeReply> {
    const order = this.#orders[id];
    if (order?.status !== "ready") return problem(403, "orderNotReady", `the order is ${order?.status}`);
    order.pem = await this.#issuer.issue(Buffer.from(csr, "base64url"));
    order.status = "processing";
    const reply = this.#order(id);
    return { ...reply, headers: { ...reply.headers, "Retry-After": "7" } };
  }

  #certificate(id: number): FakeReply {
    const reply = pem(this.#orders[id]?.pem ?? "");
    const link = `<${this.#url("dir")}>;rel="index", </alternate/${id}>;rel="alternate"`;
    return { ...reply, headers: { ...reply.headers, Link: link } };
  }
}

function pem(body: string): FakeReply {
  return { status: 200, headers: { "Content-Type": "application/pem-certificate-chain" }, body };
}
