import { randomUUID } from "node:crypto";
import type { OutgoingRequest } from "./http.ts";
import { sha256Hex, signRequest } from "./sign.ts";

/** What every signature needs. */
export interface SigningKey {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
  /** `ctx.now`. */
  readonly now: () => number;
}

/** Where a scoped key is valid. */
export interface SigningScope {
  readonly region: string;
  readonly service: string;
}

/** Signs one request; for `sign` of a client. */
export type Signer = (request: OutgoingRequest) => OutgoingRequest;

/** AWS Signature Version 4 (docs.aws.amazon.com, "Signature Version 4 for API requests"). Not for S3, whose paths differ. */
export function signAws(key: SigningKey & SigningScope): Signer {
  const { region, service, sessionToken } = key;
  return (request) => {
    const time = basicTime(key.now());
    return signRequest(request, {
      ...key,
      algorithm: "AWS4-HMAC-SHA256",
      keyPrefix: "AWS4",
      headers: { "x-amz-date": time, ...header("x-amz-security-token", sessionToken) },
      time,
      scope: [time.slice(0, 8), region, service, "aws4_request"],
      path: "encodedTwice",
    });
  };
}

/** Volcengine and BytePlus (volcengine.com/docs/6369/67269). */
export function signVolcengine(key: SigningKey & SigningScope): Signer {
  const { region, service, sessionToken } = key;
  return (request) => {
    const time = basicTime(key.now());
    return signRequest(request, {
      ...key,
      algorithm: "HMAC-SHA256",
      headers: {
        "x-date": time,
        "x-content-sha256": sha256Hex(request.body),
        ...header("x-security-token", sessionToken),
      },
      time,
      scope: [time.slice(0, 8), region, service, "request"],
    });
  };
}

/** Huawei Cloud, AK/SK (support.huaweicloud.com/devg-apisign). */
export function signHuawei(key: SigningKey): Signer {
  return (request) => {
    const time = basicTime(key.now());
    return signRequest(request, {
      ...key,
      algorithm: "SDK-HMAC-SHA256",
      headers: { "x-sdk-date": time, ...header("x-security-token", key.sessionToken) },
      time,
      path: "closingSlash",
      label: "Access",
    });
  };
}

/** Tencent Cloud, TC3 (tencentcloud.com/document/api, "Signature v3"). The action's headers are the caller's. */
export function signTencent(key: SigningKey & Pick<SigningScope, "service">): Signer {
  return (request) => {
    const milliseconds = key.now();
    const time = String(Math.floor(milliseconds / 1000));
    return signRequest(request, {
      ...key,
      algorithm: "TC3-HMAC-SHA256",
      keyPrefix: "TC3",
      headers: { "x-tc-timestamp": time, ...header("x-tc-token", key.sessionToken) },
      time,
      scope: [new Date(milliseconds).toISOString().slice(0, 10), key.service, "tc3_request"],
      signs: (name) => name === "host" || name === "content-type",
    });
  };
}

/** Alibaba Cloud, ACS3 (alibabacloud.com/help, "Request syntax and signature method V3"). The headers `x-acs-action` and `x-acs-version` are the caller's. */
export function signAlibaba(key: SigningKey & { readonly nonce?: () => string }): Signer {
  return (request) => {
    const { nonce = randomUUID } = key;
    return signRequest(request, {
      ...key,
      algorithm: "ACS3-HMAC-SHA256",
      headers: {
        "x-acs-date": new Date(key.now()).toISOString().replace(/\.\d+Z$/, "Z"),
        "x-acs-content-sha256": sha256Hex(request.body),
        "x-acs-signature-nonce": nonce(),
        ...header("x-acs-security-token", key.sessionToken),
      },
      separator: ",",
    });
  };
}

/** `20201230T081805Z`. */
function basicTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d+/g, "");
}

function header(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}
