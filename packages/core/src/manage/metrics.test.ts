import { expect, it } from "vitest";
import type { CertificateMeta } from "../store/certificate-meta.ts";
import { metricsText, shareUsed } from "./metrics.ts";

const meta: CertificateMeta = {
  name: 'odd "name"\\',
  generation: 1,
  identifiers: [],
  keyType: "ec256",
  directoryUrl: "https://ca.test/dir",
  accountUrl: "https://ca.test/a",
  issuedAt: 0,
  notBefore: 0,
  notAfter: 1_000_000,
  serial: "01",
  fingerprint256: "aa",
  targets: [
    { target: "haproxy:/a", wanted: "aa", accepted: { fingerprint256: "aa", at: 0 }, failures: 0 },
    { target: "haproxy:/b", wanted: "aa", failures: 2 },
  ],
};

it("writes each certificate and target with labels a scraper reads back", () => {
  const text = metricsText(
    [{ meta, nextLook: 500_000, failure: "ACME_CAA" }],
    { issued: 1, failed: 2, deployed: 3, notDeployed: 4 },
    250_000,
  );
  const label = 'certificate="odd \\"name\\"\\\\"';
  expect(text).toContain(`certwright_certificate_not_after_seconds{${label}} 1000\n`);
  expect(text).toContain(`certwright_certificate_life_used_ratio{${label}} 0.25\n`);
  expect(text).toContain(`certwright_certificate_failing{${label}} 1\n`);
  expect(text).toContain(`certwright_target_current{${label},target="haproxy:/a"} 1\n`);
  expect(text).toContain(`certwright_target_current{${label},target="haproxy:/b"} 0\n`);
  expect(text).toContain("certwright_failed_total 2\n");
  // Every sample stands under its own HELP and TYPE, and every line ends.
  for (const line of text.split("\n").slice(0, -1))
    expect(line).toMatch(/^(# (HELP|TYPE) certwright_|certwright_[a-z_]+(\{.*\})? [0-9.]+$)/);
});

it("reckons the share of a life that is over", () => {
  expect(shareUsed({ notBefore: 100, notAfter: 200 }, 150)).toBe(0.5);
  expect(shareUsed({ notBefore: 100, notAfter: 200 }, 300)).toBe(2);
});
