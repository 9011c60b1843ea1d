import { createHash, type KeyObject, sign } from "node:crypto";
import { type OutgoingRequest, ProviderError } from "@certwright/provider";

/** Whose key signs. */
export interface OracleKey {
  /** `tenancy/user/fingerprint`. */
  readonly keyId: string;
  readonly key: KeyObject;
  /** `ctx.now`. */
  readonly now: () => number;
}

/** Oracle Cloud's request signatures, version 1 (docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm). */
export function signOracle({ keyId, key, now }: OracleKey): (request: OutgoingRequest) => OutgoingRequest {
  if (key.asymmetricKeyType !== "rsa")
    throw new ProviderError("PROVIDER_AUTH", "the private key of the API signing key is not an RSA key", {
      hint: "Make a new API signing key for the user.",
    });
  return (request) => {
    const { method, url, body, headers } = request;
    const ofBody: Record<string, string> =
      body === undefined
        ? {}
        : {
            "content-type": headers["content-type"] ?? "application/json",
            "content-length": String(Buffer.byteLength(body)),
            "x-content-sha256": createHash("sha256").update(body).digest("base64"),
          };
    const signed: Record<string, string> = {
      "x-date": new Date(now()).toUTCString(),
      "(request-target)": `${method.toLowerCase()} ${url.pathname}${url.search}`,
      host: url.host,
      ...ofBody,
    };
    const text = Object.entries(signed).map(([name, value]) => `${name}: ${value}`);
    const signature = sign("sha256", Buffer.from(text.join("\n")), key).toString("base64");
    const { "(request-target)": target, host, "content-length": length, ...added } = signed;
    const authorization = `Signature version="1",keyId="${keyId}",algorithm="rsa-sha256",headers="${Object.keys(signed).join(" ")}",signature="${signature}"`;
    return { ...request, headers: { ...headers, ...added, authorization } };
  };
}
