import { conformance, type FakeProgram } from "@certwright/provider-test";
import { describe, test } from "vitest";
import provider from "./index.ts";

const one: FakeProgram = ({ argv }, dns) => {
  const [program, action, fqdn = "", value = ""] = argv;
  if (program !== "/usr/local/bin/update-dns" || !fqdn.endsWith(".")) return { exitCode: 2, stderr: "usage" };
  const zone = dns.zoneFor(fqdn);
  if (action === "cleanup") zone.removeAll({ fqdn, type: "TXT", value });
  else if (!zone.values(fqdn).includes(value)) zone.add({ fqdn, value });
};

describe("arguments", () => conformance(provider, { test, run: one }));

describe("JSON", () =>
  conformance(provider, {
    test,
    options: { mode: "JSON" },
    run({ argv, ...call }, dns) {
      const { action, zone, records } = JSON.parse(call.stdin);
      if (argv[1] !== action) return { exitCode: 2 };
      for (const { fqdn, value } of records) {
        if (dns.zoneFor(fqdn).name !== zone) return { exitCode: 1, stderr: "wrong zone" };
        one({ ...call, argv: [argv[0] ?? "", action, fqdn, value] }, dns);
      }
    },
  }));
