import { parseNode, push } from "@certwright/haproxy";
import { startHaproxy } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import { ca, contentOf, defaults, expectNothingOpen, serialOf, watching } from "./haproxy-fixture.ts";
import { cutAfter, startProxy } from "./socket-proxy.ts";

// With one thread what a cut connection brought is seen to before what comes over the next one.
const config = `global
    nbthread 1
${defaults}
frontend site
    bind 127.0.0.1:<port:site> ssl crt <dir>/site.pem
    http-request return status 200
`;

// More than a thousand pushes one after the other: nothing else in a test comes near.
const endOfHanging = 900_000;

describe.concurrent.each(["3.2", "2.6"] as const)("HAProxy %s", (version) => {
  test("a connection cut in the middle of the proof does not end the push", async () => {
    const pair = [ca.issue({ names: ["site.test"] }), ca.issue({ names: ["site.test"] })] as const;
    const files = { "site.pem": pair[0].leafPem + pair[0].keyPem };
    await using haproxy = await startHaproxy({ version, config, files });
    const certificate = `${haproxy.dir}/site.pem`;
    let cuts = 0;
    // Prime, so that the cuts fall anywhere in a line.
    for (let bytes = 1; ; bytes += 61) {
      const wanted = pair[(cuts + 1) % 2] ?? pair[0];
      const context = watching({ settlePause: 3 });
      await using proxy = await startProxy(haproxy.adminSocket, `${haproxy.dir}/p.sock`, (number) => {
        return number === 2 ? { fromServer: cutAfter(bytes) } : {};
      });
      const request = { pem: { key: wanted.keyPem, chain: wanted.leafPem }, certificate };
      const done = await push(parseNode(`${haproxy.dir}/p.sock`), request, context);
      expect(done.served, `cut at byte ${bytes}`).toBe(true);
      expect(await serialOf(haproxy, certificate)).toBe(wanted.serial);
      expect(await contentOf(certificate)).toBe(wanted.leafPem + wanted.keyPem);
      await expectNothingOpen(haproxy);
      // Nothing was cut: what proves a push is shorter than this.
      if (proxy.connections() === 2) break;
      cuts += 1;
    }
    expect(cuts).toBeGreaterThan(20);
  });

  test.each(["fromClient", "fromServer"] as const)(
    "a connection cut after any byte %s leaves nothing open, and memory and disk agree",
    async (side) => {
      // The leaves alone keep the exchange short; what would follow them is cut in the same way.
      const pair = [ca.issue({ names: ["site.test"] }), ca.issue({ names: ["site.test"] })] as const;
      let [wanted, former] = [pair[0], pair[1]];
      let failed = 0;
      let haproxy = await startHaproxy({
        version,
        config,
        files: { "site.pem": former.leafPem + former.keyPem },
      });
      try {
        for (let bytes = 1; ; bytes++) {
          if (side === "fromClient" && version === "3.2" && bytes % cutsOneHaproxyBears === 0) {
            await haproxy.stop();
            haproxy = await startHaproxy({
              version,
              config,
              files: { "site.pem": former.leafPem + former.keyPem },
            });
          }
          const name = `${haproxy.dir}/site.pem`;
          const limits = { attempts: 1, settlePause: 3 };
          const request = { pem: { key: wanted.keyPem, chain: wanted.leafPem }, certificate: name };
          await using proxy = await startProxy(haproxy.adminSocket, `${haproxy.dir}/p.sock`, (number) => {
            return number === 1 ? { [side]: cutAfter(bytes) } : {};
          });
          const result = await push(parseNode(`${haproxy.dir}/p.sock`), request, watching(limits)).catch(
            (error: { code?: string }) => error,
          );
          const now = await serialOf(haproxy, name);
          const expected = now === wanted.serial ? wanted : former;
          expect(now, `memory at byte ${bytes}`).toBe(expected.serial);
          expect(await contentOf(name), `file at byte ${bytes}`).toBe(expected.leafPem + expected.keyPem);
          await expectNothingOpen(haproxy);
          if ("action" in result) {
            expect(now).toBe(wanted.serial);
            // No third connection was needed: the exchange is shorter than this.
            if (proxy.connections() === 2) break;
          } else {
            expect(result.code, `at byte ${bytes}`).toBe("HAPROXY_CONNECTION_CUT");
            failed++;
          }
          if (now === wanted.serial) [wanted, former] = [former, wanted];
        }
      } finally {
        await haproxy.stop();
      }
      expect(failed).toBeGreaterThan(800);
    },
    endOfHanging,
  );
});

// A connection that ends in the middle of a payload line makes HAProxy 3.2.26 spin, and ten close its Runtime API.
const cutsOneHaproxyBears = 5;
