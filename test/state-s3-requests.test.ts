import { type Moto, startMoto } from "@certwright/tools/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeBucket } from "./bucket.ts";
import { startCommand } from "./cli-process.ts";
import { startS3Proxy } from "./s3-proxy.ts";

let moto: Moto;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

test("commands send an S3 service no more requests than they need", async () => {
  await using certwright = await startCommand();
  await using proxy = await startS3Proxy(moto.endpoint);
  const { env } = await makeBucket(moto, proxy.endpoint);
  const count = async (...args: readonly string[]): Promise<number> => {
    const ended = await certwright.run(args, { env });
    expect(ended, `${args.join(" ")}: ${ended.stdout}${ended.stderr}`).toMatchObject({ code: 0 });
    // Leases are renewed as long as a run takes, which is the machine's affair.
    return proxy.take().filter(({ path }) => !path.includes("/leases/")).length;
  };
  const issue = (name: string) => count("issue", "-d", name, "--dns", "rfc2136");
  // The first finds out what the service can do, and makes an account.
  await issue("a.example.test");
  const second = await issue("b.example.test");
  // Both ask the CA when to renew, and note it.
  await count("renew");
  const [renew, list] = [await count("renew"), await count("list")];
  expect({ second, renew, list }).toEqual({ second: 43, renew: 9, list: 6 });
});
