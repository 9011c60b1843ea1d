import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "@certwright/core/config";
import { parseDataplaneTarget } from "@certwright/haproxy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSecrets } from "../reporter/secrets.ts";
import { testContext } from "../testing/fake-context.ts";
import { fleetFromConfig } from "./fleet-from-config.ts";
import { createNodeSecrets } from "./node-secrets.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "certwright-password-"));
  await writeFile(join(dir, "secret"), "from-file\n", { mode: 0o600 });
});
afterEach(() => rm(dir, { recursive: true }));

const configuration = (password: object) =>
  ({
    settings: { targets: { one: { dataplane: { url: "https://h:1", user: "a", password } } }, fleets: {} },
  }) as unknown as Config;

async function find(parameters: string, env: Record<string, string> = {}, config?: Config) {
  const secrets = createSecrets();
  const context = testContext({ env: { PATH: process.env.PATH ?? "", ...env } });
  const { password: finder } = createNodeSecrets({ context, secrets, emit: () => {} }, config);
  const { node } = parseDataplaneTarget(`dataplane:https://a@h:1${parameters}`);
  const password = await finder(node);
  expect(await finder(node)).toBe(password);
  expect(secrets.mask(`x ${password}`)).toBe("x [secret]");
  return password;
}

describe("the password of a Data Plane API", () => {
  it("is where the address says, else in the environment", async () => {
    expect(await find("?password=env:MINE", { MINE: "from-env" })).toBe("from-env");
    expect(await find(`?password=file:${dir}/secret`)).toBe("from-file");
    expect(await find("", { CERTWRIGHT_DATAPLANE_PASSWORD: "from-variable" })).toBe("from-variable");
    expect(await find("", { CERTWRIGHT_DATAPLANE_PASSWORD_FILE: join(dir, "secret") })).toBe("from-file");
  });

  it("is read anew after a minute: a service outlives it", async () => {
    const context = testContext();
    const { password } = createNodeSecrets({ context, secrets: createSecrets(), emit: () => {} }, undefined);
    const { node } = parseDataplaneTarget(`dataplane:https://a@h:1?password=file:${dir}/secret`);
    expect(await password(node)).toBe("from-file");
    await writeFile(join(dir, "secret"), "exchanged\n");
    expect(await password(node)).toBe("from-file");
    context.pass(60_001);
    expect(await password(node)).toBe("exchanged");
  });

  it("is found by the program that the configuration names, and by no other", async () => {
    const count = join(dir, "count");
    const program = ["/bin/sh", "-c", `echo x >> ${count}; echo from-program`];
    const config = configuration({ command: program });
    expect(await find("?password=config:one", {}, config)).toBe("from-program");
    const missing = { code: "HAPROXY_API_PASSWORD", hint: expect.stringContaining("--config") };
    await expect(find("?password=config:one")).rejects.toMatchObject(missing);
    await expect(find("?password=config:other", {}, config)).rejects.toMatchObject(missing);
  });

  it("is asked for where nothing says it", async () => {
    await expect(find("")).rejects.toMatchObject({
      code: "HAPROXY_API_PASSWORD",
      hint: expect.stringContaining("CERTWRIGHT_DATAPLANE_PASSWORD_FILE"),
    });
  });
});

describe("the key of a client certificate", () => {
  const config = {
    settings: {
      targets: {
        one: { haproxy: "tls://h:1", tls: { ca: "c", cert: "d", key: { command: ["/bin/echo", "from-program"] } } },
      },
      fleets: { edge: { dataplane: { key: { command: ["/bin/echo", "of-the-api"] } } } },
    },
  } as unknown as Config;
  const context = testContext({ env: { PATH: process.env.PATH ?? "", MINE: "from-env" } });
  const { key } = createNodeSecrets({ context, secrets: createSecrets(), emit: () => {} }, config);

  it("is in a variable, or printed by the program that the configuration names", async () => {
    expect(await key({ id: "tls://h:1" }, { env: "MINE" })).toBe("from-env");
    expect(await key({ id: "tls://h:1" }, { config: "one" })).toBe("from-program");
    expect(await key({ id: "dataplane:https://h:1" }, { config: "edge" })).toBe("of-the-api");
    const unknown = { code: "HAPROXY_TLS", hint: expect.stringContaining("--config") };
    await expect(key({ id: "tls://h:1" }, { config: "edge" })).rejects.toMatchObject(unknown);
  });
});

describe("a fleet whose nodes have Data Plane APIs", () => {
  const shared = { policy: "all", parallel: 16, writeFiles: true, allowFewerNames: false, reload: true } as const;
  const dataplane = { user: "a", password: { command: ["pass", "x"] as const }, ca: "/ca.pem" };

  it("says of each how it is reached, and where its password is", () => {
    const nodes = ["dataplane:https://lb1:5555", "/run/admin.sock"];
    const { source } = fleetFromConfig("edge", { nodes, dataplane, check: ["node:443"], ...shared });
    expect(source).toEqual({
      kind: "list",
      targets: [
        "dataplane:https://a@lb1:5555?password=config:edge&ca=/ca.pem&reload=yes&check=lb1:443",
        "haproxy:/run/admin.sock?check=127.0.0.1:443",
      ],
    });
  });

  it("finds them in the DNS, by the name their certificates have", () => {
    const { source } = fleetFromConfig("edge", {
      dns: { name: "lb.test", type: "address", port: 5555, agent: false },
      dataplane,
      ...shared,
    });
    if (source.kind !== "dns") throw new Error("another source");
    expect(source.scheme).toBe("dataplane:https");
    const target = source.targetOf("dataplane:https://192.0.2.1:5555", "lb.test");
    expect(parseDataplaneTarget(target)).toMatchObject({
      node: { id: "dataplane:https://a@192.0.2.1:5555", tls: { caFile: "/ca.pem", serverName: "lb.test" } },
    });
    // Known from before, by the name it has in states.
    expect(source.targetOf("dataplane:https://a@192.0.2.1:5555", "lb.test")).toBe(target);
  });
});
