import { expect, test } from "vitest";
import {
  parseBufferSize,
  parseCertificate,
  parseCertificateNames,
  parseCrtList,
  parseCrtLists,
  parseInfo,
  parseLevel,
  parseSni,
  parseWorkers,
} from "./listings.ts";

const unexpected = expect.objectContaining({ code: "HAPROXY_UNEXPECTED_ANSWER" });

test("show info", () => {
  const text = "Name: HAProxy\nVersion: 3.2.26-1\nPid: 4711\nUptime: 0d 0h00m09s\nUptime_sec: 9\nStopping: 0";
  expect(parseInfo(text)).toEqual({ version: "3.2.26-1", pid: 4711, stopping: false, uptimeSeconds: 9 });
  expect(parseInfo(text.replace("Stopping: 0", "Stopping: 1")).stopping).toBe(true);
  expect(() => parseInfo(text.replace("Pid: 4711", "Pid: none"))).toThrow(unexpected);
  expect(() => parseInfo("hello")).toThrow(unexpected);
});

test("show cli level", () => {
  expect(parseLevel("operator")).toBe("operator");
  expect(() => parseLevel("root")).toThrow(unexpected);
});

test("the buffer size among the pools", () => {
  const text =
    "Dumping pools usage. Use SIGQUIT to flush them.\n  - Pool dns_msg_buf (65560 bytes) : 0 allocated\n  - Pool buffer (16384 bytes) : 16 allocated (262144 bytes)\nTotal: 1 pools";
  expect(parseBufferSize(text)).toBe(16_384);
  expect(() => parseBufferSize("Total: 0 pools")).toThrow(unexpected);
});

test("the names of certificates, with and without an open transaction", () => {
  expect(parseCertificateNames("# filename\n/a.pem\n@/main")).toEqual({ names: ["/a.pem", "@/main"] });
  expect(parseCertificateNames("# transaction\n*/a.pem\n# filename\n/a.pem")).toEqual({
    names: ["/a.pem"],
    transaction: "/a.pem",
  });
  expect(parseCertificateNames("# filename")).toEqual({ names: [] });
  expect(parseCertificateNames("Can't show!\nOperations on certificates are currently locked!")).toEqual({
    kind: "locked",
  });
  expect(() => parseCertificateNames("/a.pem")).toThrow(unexpected);
});

const shown = `Filename: /a.pem
Crt filename: /a.pem
Key filename: /a.key
Status: Used
Serial: 013601CD
notBefore: Nov  3 18:09:03 2026 GMT
notAfter: Feb 22 03:21:04 2027 GMT
Subject Alternative Name: DNS:a.test, DNS:*.B.test, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1
Algorithm: EC256
SHA1 FingerPrint: 6A2CF482EA07FC591D6AB5E82F77DB7A75B0A90F
Subject: /CN=a.test
Issuer: /CN=Test CA Intermediate
Chain Subject: /CN=Test CA Intermediate
Chain Issuer: /CN=Test CA Root
OCSP Response Key: `;

test("one certificate", () => {
  expect(parseCertificate(shown, "/a.pem")).toEqual({
    name: "/a.pem",
    status: "Used",
    certificateFile: "/a.pem",
    keyFile: "/a.key",
    serial: "13601CD",
    notBefore: new Date("2026-11-03T18:09:03Z"),
    notAfter: new Date("2027-02-22T03:21:04Z"),
    names: ["a.test", "*.b.test", "192.0.2.1", "2001:db8::1"],
    algorithm: "EC256",
    sha1: "6A2CF482EA07FC591D6AB5E82F77DB7A75B0A90F",
    subject: "/CN=a.test",
    issuer: "/CN=Test CA Intermediate",
    chainSubjects: ["/CN=Test CA Intermediate"],
  });
});

test("the workers of a master, in the middle of a reload, after it, and after one that failed", () => {
  const head =
    "#<PID>          <type>          <reloads>       <uptime>        <version>\n7  master  1 [failed: 0]  0d00h00m15s  3.2.26-1\n";
  const row = (pid: number) => `${pid}           worker          0               0d00h00m00s     3.2.26-1\n`;
  expect(parseWorkers(`${head}# workers\n${row(9)}# old workers\n${row(8)}`)).toEqual([9]);
  expect(parseWorkers(`${head}# workers\n${row(9)}`)).toEqual([9]);
  expect(parseWorkers(`${head}# workers\n# old workers\n${row(8)}# programs\n`)).toEqual([]);
  expect(() => parseWorkers("Permission denied")).toThrow(unexpected);
});

test("one that has an OCSP response", () => {
  expect(parseCertificate(`${shown}304d3009`, "/a.pem")).toMatchObject({ ocspKey: "304d3009" });
});

test("one without content, and one that is not there", () => {
  expect(parseCertificate("Filename: /x.pem\nStatus: Empty\nOCSP Response Key: ", "/x.pem")).toEqual({
    name: "/x.pem",
    status: "Empty",
    names: [],
    chainSubjects: [],
  });
  const missing = "Can't display the certificate: Not found or the certificate is a bundle!";
  expect(parseCertificate(missing, "/x.pem")).toEqual({ kind: "unknown" });
});

test("an open transaction, as 3.2 and as 2.6 show it", () => {
  for (const status of ["Uncommitted", "Unused"]) {
    const text = shown.replace("Filename: /a.pem", "Filename: */a.pem").replace("Used", status);
    expect(parseCertificate(text, "/a.pem")).toMatchObject({ name: "/a.pem", status, serial: "13601CD" });
  }
});

test("an answer cut short inside the names still has its serial", () => {
  const cut = shown.slice(0, shown.indexOf(", IP Address:2001"));
  const details = parseCertificate(cut, "/a.pem");
  expect(details).toMatchObject({ serial: "13601CD", names: ["a.test", "*.b.test", "192.0.2.1"] });
  expect(details).not.toHaveProperty("sha1");
});

test("the answer about another certificate is not accepted", () => {
  expect(() => parseCertificate(shown, "/b.pem")).toThrow(unexpected);
  expect(() => parseCertificate(shown.replace("Status: Used", "Status: Odd"), "/a.pem")).toThrow(unexpected);
  expect(() => parseCertificate(shown.replace(/^Serial.*\n/m, ""), "/a.pem")).toThrow(unexpected);
});

test("the lists and the entries of one", () => {
  expect(parseCrtLists("")).toEqual([]);
  expect(parseCrtLists("/l\n@fe")).toEqual(["/l", "@fe"]);
  const text =
    "# /l\n/a.pem:1 [alpn h2,http/1.1\0 ssl-min-ver TLSv1.2] a.test !b.test\n/b c:3/x.pem:2 [alpn h2\0]\n/c.pem:3";
  expect(parseCrtList(text)).toEqual([
    {
      certificate: "/a.pem",
      line: 1,
      options: "alpn h2,http/1.1 ssl-min-ver TLSv1.2",
      filters: ["a.test", "!b.test"],
    },
    { certificate: "/b c:3/x.pem", line: 2, options: "alpn h2", filters: [] },
    { certificate: "/c.pem", line: 3, options: "", filters: [] },
  ]);
  expect(parseCrtList("didn't find the specified filename")).toEqual({ kind: "unknown" });
  expect(() => parseCrtList("# /l\n/a.pem")).toThrow(unexpected);
});

test("who answers which name", () => {
  const text =
    "# Frontend/Bind\tSNI\tNegative Filter\tType\tFilename\tNotAfter\tNotBefore\nf//h.cfg:8\ta.test\t-\tecdsa\t/a.pem\tFeb 22\tNov 24";
  expect(parseSni(text)).toEqual([{ frontend: "f//h.cfg:8", sni: "a.test", type: "ecdsa", certificate: "/a.pem" }]);
  expect(parseSni("Unknown command, but maybe one of the following ones is a better match:")).toEqual({
    kind: "unsupported",
  });
  expect(parseSni("Can't list SNIs\nOperations on certificates are currently locked!")).toEqual({ kind: "locked" });
  expect(() => parseSni("f a.test")).toThrow(unexpected);
});
