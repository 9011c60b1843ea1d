import { getEventListeners } from "node:events";
import { CertwrightError } from "@certwright/provider";
import { expect, test } from "vitest";
import { readCertificateMeta, updateCertificateMeta } from "../store/certificates.ts";
import { deployCertificate, forgetOtherTargets, undeployed } from "./deploy.ts";
import { createCaPool } from "./obtain.ts";
import { renewCertificate } from "./renew-certificate.ts";
import type { DeployTarget } from "./target.ts";
import { specFor, startEngine, type TestEngine } from "./testing/engine.ts";

function warnings(engine: TestEngine, code: string) {
  return engine.events.filter((event) => event.type === "warning" && event.code === code);
}

test("what a look finds wrong is told once, though it plans twice", async () => {
  let isLocked = false;
  await using engine: TestEngine = await startEngine(1, {
    caAccess: async () => {
      if (isLocked) throw new CertwrightError("CONFIG_SECRET_FILE", "the secret is locked away");
      return { caPem: engine.cas[0]?.caPem ?? "", acceptTerms: true, userAgent: "certwright/test" };
    },
  });
  const spec = specFor("a.example.com", ...engine.cas);
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  isLocked = true;
  expect(await engine.look({ ...spec, keyType: "ec384" }, { insist: true })).toMatchObject({ outcome: "failed" });
  expect(warnings(engine, "CONFIG_SECRET_FILE")).toHaveLength(1);

  isLocked = false;
  await engine.store.write("certificates/a.example.com/1/leaf.pem", Buffer.from("damaged"));
  expect(await engine.look(spec, { insist: true })).toMatchObject({ outcome: "issued" });
  expect(warnings(engine, "CERTIFICATE_DAMAGED")).toHaveLength(1);
});

test("what the CA says of a certificate is not noted with another that another run stored meanwhile", async () => {
  let meanwhile: (() => Promise<unknown>) | undefined;
  await using engine: TestEngine = await startEngine(1, {
    caAccess: async () => {
      const now = meanwhile;
      meanwhile = undefined;
      await now?.();
      return { caPem: engine.cas[0]?.caPem ?? "", acceptTerms: true, userAgent: "certwright/test" };
    },
  });
  const spec = specFor("a.example.com", ...engine.cas);
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  let issued: Awaited<ReturnType<typeof readCertificateMeta>>;
  meanwhile = async () => {
    expect(await engine.look(spec, { force: true })).toMatchObject({ outcome: "issued" });
    issued = await readCertificateMeta(engine.store, spec.name);
  };
  await engine.look(spec);
  expect(issued).toMatchObject({ generation: 2 });
  expect((await readCertificateMeta(engine.store, spec.name))?.renewalInfo).toEqual(issued?.renewalInfo);
});

test("a damaged combined file is told, and made anew from the others, with no other certificate", async () => {
  await using engine = await startEngine(1);
  const spec = specFor("a.example.com", ...engine.cas);
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  const file = "certificates/a.example.com/1/haproxy.pem";
  const content = async () => Buffer.from((await engine.store.read(file))?.bytes ?? []).toString();
  const whole = await content();
  expect(whole).toContain("PRIVATE KEY");
  for (const damage of [
    () => engine.store.write(file, Buffer.from(whole.slice(0, 900)), { secret: true }),
    () => engine.store.remove(file),
  ]) {
    await damage();
    const damaged = await content();
    expect(await engine.look(spec, { dryRun: true })).toMatchObject({ outcome: "planned" });
    expect(await content()).toBe(damaged);
    expect(await engine.look(spec)).toMatchObject({ outcome: "skipped" });
    expect(await content()).toBe(whole);
  }
  expect(warnings(engine, "CERTIFICATE_DAMAGED")).toHaveLength(4);
  await engine.look(spec);
  expect(warnings(engine, "CERTIFICATE_DAMAGED")).toHaveLength(4);
});

test("what is remembered of targets it goes to no more is forgotten where a configuration says all there are, and only there", async () => {
  const target = (id: string): DeployTarget => ({
    id,
    deploy: async () => {
      if (id === "gone") throw new Error("the node is down");
      return { action: "updated", served: true };
    },
  });
  await using engine = await startEngine(1, { target: async (id) => target(id) });
  const spec = { ...specFor("a.example.com", ...engine.cas), deploy: ["stays", "gone"] };
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued", targets: [{ ok: true }, { ok: false }] });
  const remembered = async () =>
    (await readCertificateMeta(engine.store, spec.name))?.targets.map((each) => each.target);
  const changed = { ...spec, deploy: ["stays"] };
  expect(await engine.look(changed)).toMatchObject({ outcome: "skipped" });
  expect(await engine.look(changed, { configured: true, dryRun: true })).toMatchObject({ outcome: "planned" });
  expect(await remembered()).toEqual(["stays", "gone"]);
  expect(await engine.look(changed, { configured: true })).toMatchObject({ outcome: "skipped" });
  expect(await remembered()).toEqual(["stays"]);

  // Of a state that machines share, each forgets its own alone.
  await updateCertificateMeta(engine.store, spec.name, (meta) => ({
    ...meta,
    targets: [
      ...meta.targets,
      ...["a", "b"].map((machine) => ({ ...meta.targets[0], target: "gone", machine })),
    ] as never,
  }));
  const run = await engine.run();
  await forgetOtherTargets(changed, { ...run, store: { ...engine.store, machine: "a" } });
  await run.journal.close();
  const machines = (await readCertificateMeta(engine.store, spec.name))?.targets.map(({ machine }) => machine);
  expect(machines).toEqual([undefined, "b"]);
});

test("a target that took an old certificate, while another run stored a new one, does not count as having the new", async () => {
  let isDown = false;
  let meanwhile: (() => Promise<unknown>) | undefined;
  const target: DeployTarget = {
    id: "copy",
    deploy: async () => {
      if (isDown) throw new Error("the node is down");
      const now = meanwhile;
      meanwhile = undefined;
      await now?.();
      return { action: "updated", served: true };
    },
  };
  await using engine = await startEngine(1, { target: async () => target });
  const spec = { ...specFor("a.example.com", ...engine.cas), deploy: [target.id] };
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  meanwhile = async () => {
    isDown = true;
    expect(await engine.look(spec, { force: true })).toMatchObject({ outcome: "issued", targets: [{ ok: false }] });
  };
  await deployCertificate(spec.name, spec.deploy, await engine.run());
  const meta = await readCertificateMeta(engine.store, spec.name);
  expect(meta?.generation).toBe(2);
  expect(undeployed(meta?.targets ?? [])).toMatchObject([{ target: target.id, wanted: meta?.fingerprint256 }]);
});

test("machines that share the state each deploy to the targets of their own, and once to those they share", async () => {
  let isDown = false;
  const deployed: string[] = [];
  const socket = "haproxy:/run/haproxy/admin.sock";
  await using engine = await startEngine(1, {
    target: async (id) => ({
      id,
      deploy: async () => {
        if (isDown) throw new Error("the node is down");
        deployed.push(id);
        return { action: "updated", served: true };
      },
    }),
  });
  const spec = { ...specFor("a.example.com", ...engine.cas), deploy: [socket, "exec:reload"] };
  const look = async (machine: string, force = false) => {
    const store = { ...engine.store, machine };
    return [(await engine.look(spec, { force }, { store })).outcome, ...deployed.splice(0)];
  };
  expect(await look("one")).toEqual(["issued", socket, "exec:reload"]);
  expect(await look("one")).toEqual(["skipped"]);
  isDown = true;
  expect(await look("two")).toEqual(["deployed"]);
  // That it failed there is its own affair, and put off by its own schedule.
  expect(await look("one")).toEqual(["skipped"]);
  isDown = false;
  engine.later(3_600_000);
  expect(await look("two")).toEqual(["deployed", socket]);
  expect(await look("two")).toEqual(["skipped"]);
  expect(await look("one")).toEqual(["skipped"]);
  expect(await look("two", true)).toEqual(["issued", socket, "exec:reload"]);
  expect(await look("one")).toEqual(["deployed", socket]);
  expect(
    (await readCertificateMeta(engine.store, spec.name))?.targets.map(({ target, machine }) => [target, machine]),
  ).toEqual(
    expect.arrayContaining([
      [socket, "one"],
      [socket, "two"],
      ["exec:reload", undefined],
    ]),
  );
  // Jobs are another machine each time: only the latest are remembered.
  for (let job = 1; job <= 70; job++) expect(await look(`job-${job}`)).toEqual(["deployed", socket]);
  const machines = (await readCertificateMeta(engine.store, spec.name))?.targets.map(({ machine }) => machine);
  expect(machines).toHaveLength(66);
  expect(machines?.at(-1)).toBe("job-70");
  // A state that is moved to one machine's disk knows one target of each name.
  expect((await engine.look(spec)).outcome).toBe("deployed");
  expect((await engine.look(spec)).outcome).toBe("skipped");
});

test("a plan makes no account, in order to ask when to renew", async () => {
  await using engine = await startEngine(1);
  const [ca] = engine.cas;
  const spec = specFor("a.example.com", ca);
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  const accounts = () => ca?.requests.filter(({ resource }) => resource === "newAccount").length;
  const moved = { ...spec, cas: spec.cas.map((each) => ({ ...each, email: "new@example.com" })) };
  expect(await engine.look(moved, { dryRun: true })).toMatchObject({ outcome: "planned", action: { do: "nothing" } });
  expect(accounts()).toBe(1);
  expect(await engine.look(moved)).toMatchObject({ outcome: "skipped" });
  expect(accounts()).toBe(2);
});

test("nothing of a look listens to the run's signal after it, however many there are", async () => {
  await using engine = await startEngine(1);
  const run = await engine.run();
  const pool = createCaPool(run);
  for (const name of ["a.example.com", "b.example.com"]) {
    const spec = specFor(name, ...engine.cas);
    for (const outcome of ["issued", "skipped"])
      expect(await renewCertificate(spec, { force: false, dryRun: false }, pool, run)).toMatchObject({ outcome });
    expect(getEventListeners(run.world.signal, "abort")).toEqual([]);
  }
  await pool.close();
});
