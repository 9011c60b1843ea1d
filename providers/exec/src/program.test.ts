import {
  type DefinedProvider,
  openProvider,
  type ProviderHost,
  type RunOptions,
  type RunResult,
  readOptions,
} from "@certwright/provider";
import { expect, test } from "vitest";
import provider from "./index.ts";

const definition = provider as unknown as DefinedProvider;
const zone = { name: "example.com", id: "example.com" };
const record = { zone, name: "_acme-challenge", fqdn: "_acme-challenge.example.com", value: "-value", ttl: 60 };

/** The provider with these options, over a program that ends like this. */
async function open(values: Readonly<Record<string, unknown>>, result: Partial<RunResult> = {}) {
  const calls: { argv: readonly string[]; options: RunOptions }[] = [];
  const host: ProviderHost = {
    fetch: () => Promise.reject(new Error("no HTTP here")),
    signal: new AbortController().signal,
    sleep: async () => {},
    now: () => 0,
    random: () => 0,
    readFile: () => Promise.reject(new Error("no files here")),
    async run(argv, options) {
      calls.push({ argv, options });
      return { exitCode: 0, stdout: "", stderr: "", ...result };
    },
  };
  const options = await readOptions(definition, { values: { program: "/opt/update-dns", ...values } });
  return { handle: await openProvider(definition, { instance: "exec", options, host }), calls };
}

test("calls the program as lego does, with a value that begins with a hyphen too", async () => {
  const { handle, calls } = await open({});
  await handle.add([record]);
  await handle.remove([record]);
  expect(calls.map(({ argv }) => argv)).toEqual([
    ["/opt/update-dns", "present", "_acme-challenge.example.com.", "-value"],
    ["/opt/update-dns", "cleanup", "_acme-challenge.example.com.", "-value"],
  ]);
});

test("hands on the variables it is given, and no others", async () => {
  const { handle, calls } = await open({ environment: "# ours\nAPI_TOKEN=a=b\r\nEMPTY=\n" });
  await handle.add([record]);
  expect(calls[0]?.options.env).toEqual({ API_TOKEN: "a=b", EMPTY: "" });
});

test("a program that fails is quoted by its last line, without the secrets it was given", async () => {
  const { handle } = await open(
    { environment: "API_TOKEN=hidden-token" },
    { exitCode: 3, stderr: "trace\nbad hidden-token\n" },
  );
  await expect(handle.add([record])).rejects.toMatchObject({
    code: "PROVIDER_FAILED",
    message: "/opt/update-dns present ended with exit code 3: bad ***",
    hint: expect.stringContaining("by hand"),
  });
});

test.each(["RAW", "xml"])("refuses the form %s", async (mode) => {
  await expect(open({ mode })).rejects.toMatchObject({
    code: "PROVIDER_UNSUPPORTED",
    hint: expect.stringContaining("EXEC_MODE"),
  });
});
