import { type DefinedProvider, openProvider, type ProviderHost, readOptions } from "@certwright/provider";
import { expect, test } from "vitest";
import provider from "./index.ts";

test("lego's RAW form is refused with the way out", async () => {
  const definition = provider as unknown as DefinedProvider;
  const host: ProviderHost = {
    fetch: () => Promise.reject(new Error("nothing is sent")),
    signal: new AbortController().signal,
    sleep: async () => {},
    now: () => 0,
    random: () => 0,
    readFile: () => Promise.reject(new Error("no files here")),
  };
  const env = { HTTPREQ_ENDPOINT: "https://dns.example", HTTPREQ_MODE: "RAW" };
  const options = await readOptions(definition, { env });
  const opened = openProvider(definition, { instance: "httpreq", options, host });
  await expect(opened).rejects.toMatchObject({
    code: "PROVIDER_UNSUPPORTED",
    hint: expect.stringContaining("HTTPREQ_MODE"),
  });
});
