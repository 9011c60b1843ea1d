import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CertwrightError } from "@certwright/provider";
import { describe, expect, test } from "vitest";
import type { CertwrightEvent } from "../events.ts";
import type { CertificateSpec } from "../spec.ts";
import { temporaryFolder } from "../store/testing/temporary.ts";
import type { Hook } from "./run-hook.ts";
import { createRunHooks, type OrderHooks } from "./run-hooks.ts";
import { program, worldIn } from "./testing/world.ts";

const spec = (name: string): CertificateSpec => ({
  name,
  identifiers: [
    { type: "dns", value: name },
    { type: "dns", value: `www.${name}` },
  ],
  keyType: "ec256",
  reuseKey: false,
  cas: [{ directoryUrl: "https://ca.example/directory", email: "ops@example.com" }],
  challenges: [],
  dns: {},
  deploy: [],
});

const issued = { generation: 3, notAfter: "2027-01-01T00:00:00.000Z", fingerprint256: "ab" };
const none: OrderHooks = { pre: [], post: [] };

/** Hooks that append one line each to a file: their label, and a part of what they were told. */
async function setup(folder: string, signal = new AbortController().signal) {
  const log = join(folder, "log");
  const text = `
const fs = require("fs");
const told = JSON.parse(fs.readFileSync(0, "utf8"));
const { event, scope, certificate = {}, reason = "", issued, error, renewed, failed } = told;
const { RENEWED_DOMAINS, FAILED_DOMAINS, LEGO_HOOK_CERT_NAME } = process.env;
fs.appendFileSync(${JSON.stringify(log)}, JSON.stringify([process.argv[2], event, scope, certificate.name, reason, issued?.generation, error?.code, RENEWED_DOMAINS, FAILED_DOMAINS, LEGO_HOOK_CERT_NAME]) + "\\n");
process.exit(Number(process.argv[3] ?? 0));
`;
  const [path] = await program(folder, "note", text);
  const hook = (label: string, status = 0): Hook => ({
    command: [path, label, String(status)],
    name: label,
    timeout: 60,
  });
  const events: CertwrightEvent[] = [];
  const open = (run: OrderHooks, certificates: Readonly<Record<string, OrderHooks>>) =>
    createRunHooks({
      run,
      certificates: new Map(Object.entries(certificates)),
      world: worldIn(folder),
      signal,
      emit: (event) => events.push(event),
    });
  const lines = async (): Promise<readonly (readonly unknown[])[]> =>
    (await readFile(log, "utf8").catch(() => ""))
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const labels = async () => (await lines()).map(([label]) => label);
  return { hook, open, events, lines, labels };
}

describe("the hooks of a run", () => {
  test("run around the run once, and around each certificate", async () => {
    await using folder = await temporaryFolder();
    const { hook, open, lines, events } = await setup(folder.path);
    const hooks = open(
      { pre: [hook("run-pre")], post: [hook("run-post")] },
      { "a.example": { pre: [hook("a-pre-1"), hook("a-pre-2")], post: [hook("a-post")] }, "b.example": none },
    );
    await hooks.before(spec("a.example"), "a third of its life is left");
    await hooks.after(spec("a.example"), { ok: true, issued });
    await hooks.before(spec("b.example"), "not issued yet");
    await hooks.after(spec("b.example"), { ok: false, error: new CertwrightError("ACME_CAA", "forbidden") });
    expect(await hooks.finish()).toEqual([]);
    expect(events).toEqual([]);
    const about = ["a.example", "a third of its life is left"];
    expect(await lines()).toEqual([
      ["run-pre", "pre", "run", null, "", null, null, null, null, null],
      ["a-pre-1", "pre", "certificate", ...about, null, null, null, null, "a.example"],
      ["a-pre-2", "pre", "certificate", ...about, null, null, null, null, "a.example"],
      ["a-post", "post", "certificate", "a.example", "", 3, null, null, null, "a.example"],
      ["run-post", "post", "run", null, "", null, null, "a.example www.a.example", "b.example www.b.example", null],
    ]);
  });

  test("run not at all where nothing is ordered", async () => {
    await using folder = await temporaryFolder();
    const { hook, open, lines } = await setup(folder.path);
    const hooks = open({ pre: [hook("run-pre")], post: [hook("run-post")] }, {});
    await hooks.after(spec("a.example"), { ok: true, issued });
    expect(await hooks.finish()).toEqual([]);
    expect(await lines()).toEqual([]);
  });

  test("run the first of the run once, however many certificates start at the same moment", async () => {
    await using folder = await temporaryFolder();
    const { hook, open, labels } = await setup(folder.path);
    const names = ["a.example", "b.example", "c.example"];
    const hooks = open(
      { pre: [hook("run-pre")], post: [] },
      Object.fromEntries(names.map((name) => [name, { pre: [hook(name)], post: [] }])),
    );
    await Promise.all(names.map((name) => hooks.before(spec(name), "")));
    const found = await labels();
    expect(found[0]).toBe("run-pre");
    expect(found.slice(1).toSorted()).toEqual(names);
  });

  test("keep a certificate from being ordered when one before it fails, and tidy up all the same", async () => {
    await using folder = await temporaryFolder();
    const { hook, open, labels } = await setup(folder.path);
    const hooks = open(
      { pre: [], post: [hook("run-post")] },
      {
        "a.example": { pre: [hook("one", 3), hook("two")], post: [hook("a-post")] },
        "b.example": { pre: [hook("b-pre")], post: [] },
      },
    );
    const error = await hooks.before(spec("a.example"), "").catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "HOOK_FAILED", message: "the hook one ended with status 3", exitCode: 3 });
    await hooks.after(spec("a.example"), { ok: false, error });
    await hooks.before(spec("b.example"), "");
    expect(await hooks.finish()).toEqual([]);
    expect(await labels()).toEqual(["one", "a-post", "b-pre", "run-post"]);
  });

  test("keep every certificate from being ordered when one before the run fails", async () => {
    await using folder = await temporaryFolder();
    const { hook, open, labels } = await setup(folder.path);
    const hooks = open(
      { pre: [hook("run-pre", 1)], post: [hook("run-post")] },
      { "a.example": { pre: [hook("a-pre")], post: [] } },
    );
    await expect(hooks.before(spec("a.example"), "")).rejects.toMatchObject({ code: "HOOK_FAILED" });
    await expect(hooks.before(spec("b.example"), "")).rejects.toMatchObject({ code: "HOOK_FAILED" });
    await hooks.finish();
    expect(await labels()).toEqual(["run-pre", "run-post"]);
  });

  test("tell and count one that fails afterwards, and run the others", async () => {
    await using folder = await temporaryFolder();
    const { hook, open, labels, events } = await setup(folder.path);
    const hooks = open(
      { pre: [], post: [hook("run-post", 9)] },
      { "a.example": { pre: [], post: [hook("one", 2), { command: ["/nonexistent/x"], timeout: 5 }, hook("three")] } },
    );
    await hooks.before(spec("a.example"), "");
    await hooks.after(spec("a.example"), { ok: true, issued });
    const failures = await hooks.finish();
    expect(failures.map((error) => (error as CertwrightError).code)).toEqual([
      "HOOK_FAILED",
      "PROGRAM_NOT_FOUND",
      "HOOK_FAILED",
    ]);
    expect(await labels()).toEqual(["one", "three", "run-post"]);
    expect(events.map((event) => event.type === "warning" && [event.code, event.certificate])).toEqual([
      ["HOOK_FAILED", "a.example"],
      ["PROGRAM_NOT_FOUND", "a.example"],
      ["HOOK_FAILED", undefined],
    ]);
  });

  test("start again what they stopped, after the run was aborted too", async () => {
    await using folder = await temporaryFolder();
    const controller = new AbortController();
    const { hook, open, labels } = await setup(folder.path, controller.signal);
    const hooks = open(
      { pre: [hook("run-pre")], post: [hook("run-post")] },
      { "a.example": { pre: [], post: [hook("a-post")] } },
    );
    await hooks.before(spec("a.example"), "");
    controller.abort(new Error("stop"));
    await expect(hooks.before(spec("b.example"), "")).resolves.toBeUndefined();
    await hooks.after(spec("a.example"), { ok: false, error: new Error("stop") });
    await hooks.finish();
    expect(await labels()).toEqual(["run-pre", "a-post", "run-post"]);
  });
});
