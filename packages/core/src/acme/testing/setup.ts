import { type AcmeClient, type AcmeClientOptions, createAcmeClient } from "../client.ts";
import { generateKey } from "../keys.ts";
import { type FakeAcme, startFakeAcme } from "./fake-acme.ts";
import { createFakeTime, type FakeTime } from "./fake-time.ts";

/** A fake CA and a client for it, closed together by `await using`. */
export interface Setup extends AsyncDisposable {
  readonly fake: FakeAcme;
  readonly client: AcmeClient;
  readonly time: FakeTime;
}

/** Starts a fake CA with a client that has no account yet and never really sleeps. */
export async function setUp(options: Partial<AcmeClientOptions> = {}): Promise<Setup> {
  const fake = await startFakeAcme();
  const time = createFakeTime();
  const client = createAcmeClient({
    directoryUrl: fake.directoryUrl,
    accountKey: await generateKey(),
    caPem: fake.caPem,
    userAgent: "certwright/test",
    time,
    ...options,
  });
  return {
    fake,
    client,
    time,
    [Symbol.asyncDispose]: async () => {
      client.close();
      await fake.close();
    },
  };
}

/** A setup whose client has an account already. */
export async function setUpAccount(options: Partial<AcmeClientOptions> = {}): Promise<Setup> {
  const setup = await setUp(options);
  const answer = await setup.client.postTo("newAccount", {}, { withPublicKey: true });
  return {
    ...setup,
    client: setup.client.withAccount(answer.location()),
    [Symbol.asyncDispose]: setup[Symbol.asyncDispose],
  };
}

/** The error a promise rejects with; fails where it does not. */
export async function failure(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("value" in outcome) throw new Error("expected a rejection");
  return outcome.error as Error & Record<string, unknown>;
}
