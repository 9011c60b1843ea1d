import { type Haproxy, startBind, startHaproxy, startPebble } from "../servers/index.ts";
import { createTestCa } from "../test-ca.ts";

/** The names of the demonstration. */
export const siteName = "demo.example.test";
export const siteWildcard = "*.example.test";

/** HAProxy as anybody might run it: one TLS site from a certificate file, with a socket to administer it. */
const haproxyConfig = `defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend site
    bind 127.0.0.1:<port:tls> ssl crt <dir>/certs/site.pem
    http-request return status 200 content-type text/plain string "hello"
`;

/** A CA, a name server and a HAProxy that serves an old certificate: everything real, all on 127.0.0.1. */
export interface Site extends AsyncDisposable {
  readonly ca: Awaited<ReturnType<typeof startPebble>>;
  readonly dns: Awaited<ReturnType<typeof startBind>>;
  readonly haproxy: Haproxy;
}

export async function startSite(): Promise<Site> {
  await using started = new AsyncDisposableStack();
  const dns = started.use(await startBind({ zones: ["example.test"] }));
  const [ca, haproxy] = await Promise.all([
    startPebble({ dnsServer: dns.address }),
    startHaproxy({
      version: "3.2",
      config: haproxyConfig,
      files: { "certs/site.pem": createTestCa().issue({ names: [siteName, siteWildcard] }).pem },
    }),
  ]);
  started.use(ca);
  started.use(haproxy);
  const all = started.move();
  return { ca, dns, haproxy, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
