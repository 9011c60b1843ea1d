import { expect, test } from "vitest";
import { failureOf } from "./failure.ts";

const key =
  "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n";
const error = (status: number, message: string) => ({
  status,
  contentType: "application/json",
  text: JSON.stringify({ code: status, message }),
});

// As a real one said them, paths shortened.
test.each([
  [
    404,
    "/m.sock [3]  Can't display the certificate: Not found or the certificate is a bundle! [show ssl cert x] not found",
    { kind: "unknown" },
  ],
  [
    404,
    "/m.sock dial unix /m.sock: connect: no such file or directory [show ssl cert] not found",
    { kind: "no-runtime" },
  ],
  [404, "missing object: file a_b.pem doesn't exist in dir: /ssl", { kind: "absent" }],
  [404, "path /v3/services/haproxy/runtime/ssl_certs was not found", { kind: "no-runtime" }],
  [404, "/m.sock [3]  didn't find the specified filename [show ssl crt-list -n /nope] not found", { kind: "no-list" }],
  [409, "object already exists: file /ssl/a.pem already exists", { kind: "exists" }],
  [500, "retry - unable to configure runtime client", { kind: "no-runtime" }],
  [
    500,
    `/m.sock [3]  Can't replace a certificate which is not referenced by the configuration!\nCan't update x! [set ssl cert x <<\n${key}\n] general error`,
    { kind: "unknown" },
  ],
  [
    500,
    `/m.sock [3]  The ongoing transaction is about '/a.pem' but you are trying to set '/b.pem'\nCan't update /b.pem! [set ssl cert /b.pem <<\n${key}\n] general error`,
    { kind: "busy", behind: "/a.pem" },
  ],
  [
    500,
    "/m.sock [3]  The ongoing transaction is about '/a.pem' but you are trying to set '/b.pem'\nCan't commit /b.pem! [commit ssl cert /b.pem] general error",
    { kind: "misdirected", into: "/a.pem" },
  ],
  [
    500,
    "/m.sock [3]  Can't update the certificate!\nOperations on certificates are currently locked! [set ssl cert x <<\nx\n] general error",
    { kind: "busy", reason: expect.stringMatching(/^Can't update/) },
  ],
  [
    500,
    "/m.sock [3]  No ongoing transaction! !\nCan't commit /a.pem! [commit ssl cert /a.pem] general error",
    { kind: "busy" },
  ],
  [
    500,
    "/m.sock [3]  inconsistencies between private key and certificate loaded '/a.pem'.\nCan't commit /a.pem! [commit ssl cert /a.pem] general error",
    { kind: "rejected", reason: expect.stringMatching(/^inconsistencies/) },
  ],
  [
    500,
    "/m.sock [3]  Can't edit the crt-list: file already exists in this directory! [add ssl crt-list /d /d/x.pem\n] general error",
    { kind: "listed" },
  ],
  [
    500,
    "/m.sock [3]  Can't edit the crt-list: crt-list '/nope' does not exist! [add ssl crt-list /nope /x\n] general error",
    { kind: "no-list" },
  ],
  [
    500,
    "/m.sock The command line is too big for the buffer size. Please change tune.bufsize in the configuration to use a bigger command. general error",
    { kind: "too-big" },
  ],
  [
    400,
    "Reload failed: executing /bin/false failed: exit status 1, ",
    { kind: "reload-failed", reason: "executing /bin/false failed: exit status 1," },
  ],
  [401, "unauthorized", { kind: "denied" }],
  [413, "request body exceeds the maximum allowed size", { kind: "too-big" }],
  [429, "too many open transactions", { kind: "busy" }],
  [500, `failed to write ${key}`, { kind: "failed", status: 500, reason: "failed to write …" }],
])("%i %s", (status, message, failure) => {
  const found = failureOf(error(status, message));
  expect(found).toMatchObject(failure);
  expect(JSON.stringify(found)).not.toContain("MIGH");
});

test("a page of a proxy is cut short", () => {
  const page = { status: 502, contentType: "text/html", text: `<html>\n${"x".repeat(10_000)}` };
  const found = failureOf(page);
  expect(found).toMatchObject({ kind: "failed", status: 502 });
  expect(JSON.stringify(found).length).toBeLessThan(400);
});
