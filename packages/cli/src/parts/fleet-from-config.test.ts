import type { FleetConfig } from "@certwright/core/config";
import { expect, it } from "vitest";
import { fleetFromConfig } from "./fleet-from-config.ts";

const common = { policy: "all", parallel: 4, writeFiles: true, allowFewerNames: false, reload: false } as const;
const tls = { ca: "/ca.pem", cert: "/c.pem", key: "/k.pem" };
const query = "?ca=/ca.pem&cert=/c.pem&key=/k.pem";

it("gives files for TLS to nodes that are reached by it, and to no others", () => {
  const nodes = ["/run/a.sock", "tls://lb1:9443", "agent://lb2:9444"];
  const { source } = fleetFromConfig("edge", { ...common, nodes, tls, check: ["node:443"] } as FleetConfig);
  expect(source).toEqual({
    kind: "list",
    targets: [
      "haproxy:/run/a.sock?check=127.0.0.1:443",
      `haproxy:tls://lb1:9443${query}&check=lb1:443`,
      `haproxy:agent://lb2:9444${query}&check=lb2:443`,
    ],
  });
});

it.each([
  [true, "agent"],
  [false, "tls"],
] as const)("nodes found in the DNS, node agents: %s", (agent, scheme) => {
  const dns = { name: "edge.example.com", type: "address", port: 9444, agent } as const;
  const { source } = fleetFromConfig("edge", { ...common, dns, tls });
  expect(source).toMatchObject({ kind: "dns", scheme });
  if (source.kind !== "dns") throw new Error("no DNS");
  expect(source.targetOf(`${scheme}://192.0.2.1:9444`, "edge.example.com")).toBe(
    `haproxy:${scheme}://192.0.2.1:9444${query}&servername=edge.example.com`,
  );
});
