import { CertwrightError } from "@certwright/provider";
import { describe, expect, it } from "vitest";
import { usageError } from "../errors.ts";
import { testContext } from "../testing/fake-context.ts";
import { issuanceEvents } from "../testing/issuance-events.ts";
import { chooseReporter, type OutputFlags } from "./choose.ts";
import { createSecrets } from "./secrets.ts";

const flags: OutputFlags = { json: false, quiet: false, debug: false, color: true, ci: undefined };

function setup(details: Partial<OutputFlags> = {}, terminal: { isTTY?: boolean; columns?: number } = {}, env = {}) {
  const context = testContext({ terminal, env });
  const secrets = createSecrets();
  const reporter = chooseReporter({ ...flags, ...details }, context, secrets);
  return { context, secrets, reporter, lines: () => context.stdout.text().split("\n").slice(0, -1) };
}

describe("plain reporter", () => {
  it("tells an issuance line by line, troubles on standard error", () => {
    const { context, reporter, lines } = setup();
    for (const event of issuanceEvents) reporter.emit(event);
    expect(lines()).toEqual([
      "example.test: example.test, *.example.test from letsencrypt: not issued yet",
      "account created: https://ca.test/acct/1",
      "example.test: order https://ca.test/order/1",
      "example.test: example.test by dns-01 (rfc2136)",
      "adding 1 TXT record",
      "TXT added: _acme-challenge.example.test 4Zgq (rfc2136)",
      "waiting 0.2 s for TXT _acme-challenge.example.test 4Zgq: ns1 (192.0.2.1) seen, ns2 (192.0.2.2) absent",
      "waiting 32 s for TXT _acme-challenge.example.test 4Zgq: ns1 (192.0.2.1) seen, ns2 (192.0.2.2) absent",
      "waiting 33 s for TXT _acme-challenge.example.test 4Zgq: ns1 (192.0.2.1) seen, ns2 (192.0.2.2) timeout, no answer in 1.5 s",
      "TXT _acme-challenge.example.test 4Zgq is seen by every server (34 s)",
      "example.test: asked the CA to look at example.test",
      "example.test: example.test is proved",
      "TXT removed: _acme-challenge.example.test 4Zgq (rfc2136)",
      "example.test: every name is proved",
      "example.test: the CA signs",
      "example.test: certificate by Test CA, 2 in the chain",
      "example.test: stored as generation 1, valid until 2027-02-21T12:00Z, in /state/example.test",
      "example.test: deploying to haproxy:/run/a.sock",
      "example.test: haproxy:/run/a.sock: connect",
    ]);
    expect(context.stderr.text()).toBe(
      "error HAPROXY_SOCKET_MISSING: example.test: haproxy:/run/a.sock: no socket there\n  Is HAProxy running?\n",
    );
  });

  it("tells requests with --debug only", () => {
    const { reporter, lines } = setup({ debug: true });
    for (const event of issuanceEvents) reporter.emit(event);
    expect(lines()).toContain("POST https://ca.test/new-order 201 12 ms");
  });

  it("is quiet but for troubles and the answer", () => {
    const { context, reporter, lines } = setup({ quiet: true });
    for (const event of issuanceEvents) reporter.emit(event);
    reporter.finish({ exitCode: 3, result: {}, lines: ["the answer"] });
    expect(lines()).toEqual(["the answer"]);
    expect(context.stderr.text()).toContain("HAPROXY_SOCKET_MISSING");
  });

  it("shows an error as one line with its code, and what to do", () => {
    const { context, secrets, reporter } = setup();
    secrets.add("s3cr3t-token");
    const cause = new Error("inner s3cr3t-token");
    const code = reporter.fail(
      new CertwrightError("PROVIDER_AUTH", "refused\nBearer s3cr3t-token \u001b[2J", {
        hint: "Make a new token.",
        cause,
      }),
    );
    expect(code).toBe(1);
    expect(context.stderr.text()).toBe("error PROVIDER_AUTH: refused Bearer [secret]\n  Make a new token.\n");
    expect(context.stdout.text()).toBe("");
  });

  it("shows stacks and causes with --debug only, masked", () => {
    const { context, secrets, reporter } = setup({ debug: true });
    secrets.add("s3cr3t-token");
    reporter.fail(new CertwrightError("X_Y", "outer", { cause: new Error("inner s3cr3t-token") }));
    expect(context.stderr.text()).toMatch(
      /error X_Y: outer\n {2}CertwrightError: outer\n(?: {6}at .*\n)+ {2}caused by Error: inner \[secret\]\n/,
    );
  });

  it("tells faults of its own and of the system apart", () => {
    const { context, reporter } = setup();
    reporter.fail(new TypeError("x is not a function"));
    reporter.fail(
      Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), { code: "EACCES", syscall: "mkdir" }),
    );
    reporter.fail(new AggregateError([usageError("first"), usageError("second")]));
    expect(
      context.stderr
        .text()
        .split("\n")
        .filter((line) => line.startsWith("error")),
    ).toEqual([
      "error INTERNAL: TypeError: x is not a function",
      "error SYSTEM: EACCES: permission denied, mkdir '/x'",
      "error CLI_USAGE: first (and 1 more)",
    ]);
  });
});

describe("json reporter", () => {
  it("writes every event with its time, then the result", () => {
    const { context, reporter, lines } = setup({ json: true }, { isTTY: true });
    for (const event of issuanceEvents) reporter.emit(event);
    reporter.finish({ exitCode: 3, result: { certificate: { name: "example.test" } }, lines: ["not shown"] });
    const objects = lines().map((line) => JSON.parse(line));
    expect(objects.map(({ type }) => type)).toEqual([...issuanceEvents.map(({ type }) => type), "result"]);
    expect(objects[0]).toEqual({ version: 1, time: "2026-11-23T12:00:00.000Z", ...issuanceEvents[0] });
    expect(objects.at(-1)).toEqual({
      version: 1,
      time: "2026-11-23T12:00:00.000Z",
      type: "result",
      ok: false,
      exitCode: 3,
      certificate: { name: "example.test" },
    });
    expect(context.stderr.text()).toBe("");
  });

  it("ends with the error, masked, and writes it to standard error too", () => {
    const { context, secrets, reporter, lines } = setup({ json: true });
    secrets.add("s3cr3t-token");
    expect(reporter.fail(usageError("bad s3cr3t-token", "Do better."))).toBe(2);
    expect(JSON.parse(lines()[0] ?? "")).toEqual({
      version: 1,
      time: "2026-11-23T12:00:00.000Z",
      type: "result",
      ok: false,
      exitCode: 2,
      error: { code: "CLI_USAGE", message: "bad [secret]", hint: "Do better." },
    });
    expect(context.stderr.text()).toBe("error CLI_USAGE: bad [secret]\n  Do better.\n");
  });
});

describe("live reporter", () => {
  const esc = "\u001b";

  /** What a terminal shows in the end: cursor moves carried out, colours left out. */
  function screen(text: string): readonly string[] {
    const rows: string[] = [];
    let row = 0;
    const moves = new RegExp(`(${esc}\\[\\d*[A-Za-z]|\n)`);
    for (const part of text.split(moves)) {
      const [, count = "", action] = part.startsWith(esc) ? (/\[(\d*)([A-Za-z])$/.exec(part) ?? []) : [];
      if (part === "\n") row++;
      else if (action === "A") row -= Number(count);
      else if (action === "J") rows.length = row;
      else if (action === undefined) rows[row] = (rows[row] ?? "") + part;
    }
    return rows.slice(0, row);
  }

  it("keeps steps above and draws what goes on below", () => {
    const { context, reporter } = setup({}, { isTTY: true, columns: 100 });
    for (const event of issuanceEvents.slice(0, 9)) reporter.emit(event);
    context.pass(2000);
    expect(screen(context.stdout.text())).toEqual([
      "· example.test: example.test, *.example.test from letsencrypt: not issued yet",
      "✓ account created: https://ca.test/acct/1",
      "· example.test: order https://ca.test/order/1",
      "✓ TXT added: _acme-challenge.example.test 4Zgq (rfc2136)",
      "⠙ example.test: proving the names (2 s)",
      "⠙ waiting for TXT _acme-challenge.example.test 4Zgq (2 s)",
      "    ns2 (192.0.2.2): absent",
      "    seen by ns1 (192.0.2.1)",
    ]);
  });

  it("leaves nothing of the drawing behind", () => {
    const { context, reporter } = setup({}, { isTTY: true, columns: 100 });
    for (const event of issuanceEvents) reporter.emit(event);
    reporter.finish({ exitCode: 3, result: {}, lines: ["the answer"] });
    context.pass(1000);
    const shown = screen(context.stdout.text());
    expect(shown.slice(-4)).toEqual([
      "✓ example.test: stored as generation 1, valid until 2027-02-21T12:00Z, in /state/example.test",
      "✗ error HAPROXY_SOCKET_MISSING: example.test: haproxy:/run/a.sock: no socket there",
      "    Is HAProxy running?",
      "the answer",
    ]);
    expect(shown.join("\n")).not.toMatch(/⠋|waiting/);
  });

  it("never draws a line wider than the terminal, nor more lines than it has", () => {
    const { context, reporter } = setup({}, { isTTY: true, columns: 44, ...{ rows: 5 } });
    for (let index = 0; index < 20; index++) {
      reporter.emit({
        type: "propagation.waiting",
        name: `_acme-challenge.n${index}.example.test`,
        value: "v".repeat(43),
        servers: [{ server: "ns1", state: "absent", detail: "" }],
        elapsedMs: 0,
      });
    }
    const shown = screen(context.stdout.text());
    expect(shown).toHaveLength(3);
    expect(shown.every((line) => line.length <= 43)).toBe(true);
    expect(shown.at(-1)).toBe("  and 38 more lines");
  });

  it.each([
    ["a narrow terminal", { columns: 30 }, {}],
    ["a terminal that cannot move its cursor", {}, { TERM: "dumb" }],
    ["a CI run", {}, { CI: "true" }],
  ])("gives way to plain lines on %s", (_where, terminal, env) => {
    const { reporter, context } = setup({ color: false }, { isTTY: true, columns: 100, ...terminal }, env);
    for (const event of issuanceEvents) reporter.emit(event);
    expect(context.stdout.text()).not.toContain("\u001b");
    expect(context.stdout.text()).toContain("TXT added");
  });

  it("paints on a terminal, unless told not to", () => {
    const shownWith = (details: Partial<OutputFlags>, env: Record<string, string>) => {
      const { reporter, context } = setup(details, { isTTY: true }, env);
      reporter.fail(usageError("no"));
      return context.stderr.text();
    };
    expect(shownWith({}, {})).toContain("\u001b[31merror");
    expect(shownWith({ color: false }, {})).toBe("error CLI_USAGE: no\n");
    expect(shownWith({}, { NO_COLOR: "1" })).toBe("error CLI_USAGE: no\n");
  });
});
