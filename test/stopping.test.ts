import { mkdir, readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { freePort, startHaproxy } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { endedAt, startCommand } from "./cli-process.ts";

const config = (port: number) => `defaults
    mode http
    timeout client 1m
    timeout server 1m
    timeout connect 1m
frontend http
    bind 127.0.0.1:${port}
    http-request return status 200 content-type text/plain lf-string "%[path,field(-1,/),map(virt@acme)]" if { path_beg /.well-known/acme-challenge/ }
`;

/** Fulfils where the port is nobody's. */
function isFree(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
  });
}

test("Ctrl-C and SIGTERM at several moments leave no TXT record, file, map entry or listener", async () => {
  // A CA that takes longer than the test, whatever its dice say: Pebble hangs when it has looked at last at what was given
  // up meanwhile.
  const [httpPort, tlsPort] = [await freePort(), await freePort()];
  await using certwright = await startCommand({ vaSleep: 1_000_000_000, tlsPort, httpPort: await freePort() });
  await using haproxy = await startHaproxy({ version: "3.2", config: config(await freePort()) });
  const webroot = join(certwright.dir, "www");
  await mkdir(webroot);
  const ways: Readonly<Record<string, readonly string[]>> = {
    dns: ["--dns", "rfc2136"],
    files: ["--webroot", webroot, "--no-self-check"],
    map: ["--http", `haproxy:${haproxy.adminSocket}`, "--no-self-check"],
    server: ["--http", `127.0.0.1:${httpPort}`, "--no-self-check"],
    tls: ["--tls-alpn-listen", `127.0.0.1:${tlsPort}`],
  };
  for (const moment of ["challenge.presented", "challenge.answered"]) {
    const runs = Object.entries(ways).map(async ([way, flags], index) => {
      const name = `${way}.example.test`;
      const state = join(certwright.dir, `state-${way}`);
      const ended = await certwright.run(["issue", "-d", name, ...flags, "--state", state, "--json"], {
        env: endedAt(moment, index % 2 === 0 ? "SIGINT" : "SIGTERM"),
      });
      expect(ended, `${way} after ${moment}: ${ended.stdout.slice(-1500)}`).toMatchObject({ code: 130 });
      expect(await certwright.txt(`_acme-challenge.${name}`), moment).toEqual([]);
    });
    await Promise.all(runs);
    expect(await readdir(webroot), moment).toEqual([]);
    expect((await haproxy.command("show map virt@acme")).trim(), moment).toBe("");
    await Promise.all([isFree(httpPort), isFree(tlsPort)]);
  }
  const cleanups = Object.keys(ways).map((way) =>
    certwright.run(["cleanup", "--state", join(certwright.dir, `state-${way}`)]),
  );
  for (const { stdout } of await Promise.all(cleanups)) expect(stdout).toBe("nothing was left behind\n");
});
