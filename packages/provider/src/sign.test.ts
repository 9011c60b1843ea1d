import { describe, expect, test } from "vitest";
import type { OutgoingRequest } from "./http.ts";
import { canonicalRequest, hmac, percentEncode, sha256Hex } from "./sign.ts";
import { signAlibaba, signAws, signHuawei, signTencent, signVolcengine } from "./signatures.ts";

const request = (
  method: string,
  url: string,
  headers: Record<string, string> = {},
  body?: string,
): OutgoingRequest => ({ method, url: new URL(url), headers, body });
const at = (iso: string) => () => Date.parse(iso);

// Each of these is the vendor's own published example, with its published sample key.
describe("the vendors' examples", () => {
  test("AWS: get-vanilla of the Signature Version 4 test suite", () => {
    const sign = signAws({
      accessKey: "EXAMPLE",
      secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
      region: "us-east-1",
      service: "service",
      now: at("2015-08-30T12:36:00Z"),
    });
    expect(sign(request("GET", "https://example.amazonaws.com/", { accept: "*/*" })).headers).toEqual({
      accept: "*/*",
      "x-amz-date": "20150830T123600Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=EXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    });
  });

  test("AWS: get-vanilla-query-order-key-case", () => {
    const sign = signAws({
      accessKey: "EXAMPLE",
      secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
      region: "us-east-1",
      service: "service",
      now: at("2015-08-30T12:36:00Z"),
    });
    const signed = sign(request("GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1"));
    expect(signed.headers.authorization).toMatch(
      /Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500$/,
    );
    expect(signed.url.search).toBe("?Param1=value1&Param2=value2");
  });

  test("Volcengine", () => {
    const sign = signVolcengine({
      accessKey: "EXAMPLE",
      secretKey: "TnpCak5XWXpZV1U0WkRaaE5ERmxaR0ZpTmpjeVkyUXlZek0wTWpJMU1qWQ==",
      region: "cn-north-1",
      service: "iam",
      now: at("2020-12-30T08:18:05Z"),
    });
    const signed = sign(
      request("GET", "https://iam.volcengineapi.com/?Action=ListUsers&Version=2018-01-01&Limit=10&Offset=0", {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      }),
    );
    expect(signed.headers.authorization).toBe(
      "HMAC-SHA256 Credential=EXAMPLE/20201230/cn-north-1/iam/request, SignedHeaders=content-type;host;x-content-sha256;x-date, Signature=28eeabbbd726b87002e0fe58ad8c1c768e619b06e2646f35b6ad7ed029a6d8a7",
    );
  });

  test("Huawei Cloud", () => {
    const sign = signHuawei({
      accessKey: "EXAMPLE",
      secretKey: "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc",
      now: at("2019-11-15T03:36:55Z"),
    });
    const url =
      "https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0";
    expect(sign(request("GET", url, { "content-type": "application/json" })).headers.authorization).toBe(
      "SDK-HMAC-SHA256 Access=EXAMPLE, SignedHeaders=content-type;host;x-sdk-date, Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
    );
  });

  test("Tencent Cloud", () => {
    const sign = signTencent({
      accessKey: "EXAMPLE",
      secretKey: "Gu5t9xGARNpq86cd98joQYCN3*******",
      service: "cvm",
      now: () => 1551113065_000,
    });
    const body = '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}';
    const signed = sign(
      request(
        "POST",
        "https://cvm.tencentcloudapi.com/",
        { "content-type": "application/json; charset=utf-8", "x-tc-action": "DescribeInstances" },
        body,
      ),
    );
    expect(signed.headers).toMatchObject({
      "x-tc-timestamp": "1551113065",
      authorization:
        "TC3-HMAC-SHA256 Credential=EXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c",
    });
  });

  test("Alibaba Cloud", () => {
    const sign = signAlibaba({
      accessKey: "YourAccessKeyId",
      secretKey: "YourAccessKeySecret",
      now: at("2023-10-26T10:22:32Z"),
      nonce: () => "3156853299f313e23d1673dc12e1703d",
    });
    const url =
      "https://ecs.cn-shanghai.aliyuncs.com/?RegionId=cn-shanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd";
    expect(
      sign(request("POST", url, { "x-acs-action": "RunInstances", "x-acs-version": "2014-05-26" })).headers
        .authorization,
    ).toBe(
      "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
    );
  });
});

test("a nonce is new for every request, and a session token is signed", () => {
  const sign = signAlibaba({ accessKey: "a", secretKey: "b", sessionToken: "st", now: () => 0 });
  const [one, two] = [sign(request("POST", "https://a.test/")), sign(request("POST", "https://a.test/"))];
  expect(one.headers["x-acs-signature-nonce"]).not.toBe(two.headers["x-acs-signature-nonce"]);
  expect(one.headers.authorization).toContain("x-acs-security-token");
});

test("the canonical request sorts, trims and encodes", () => {
  const { text, query } = canonicalRequest(
    request(
      "PUT",
      "https://a.test:8443/a%20b/c(d)?z=1&a=%2F&a=+b&e",
      { "X-B": " two   words ", "Content-Type": "text/plain", accept: "no" },
      "body",
    ),
  );
  expect(text.split("\n")).toEqual([
    "PUT",
    "/a%20b/c%28d%29",
    "a=%20b&a=%2F&e=&z=1",
    "content-type:text/plain",
    "host:a.test:8443",
    "x-b:two words",
    "",
    "content-type;host;x-b",
    sha256Hex("body"),
  ]);
  expect(query).toBe("a=%20b&a=%2F&e=&z=1");
  expect(percentEncode("~!'()*é")).toBe("~%21%27%28%29%2A%C3%A9");
});

test("hmac is RFC 4231's", () => {
  expect(hmac("sha256", "Jefe", "what do ya want for nothing?").toString("hex")).toBe(
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});
