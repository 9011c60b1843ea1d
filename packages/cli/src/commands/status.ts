import { type CertificateSpec, dueMoment } from "@certwright/core";
import { type CertificateMeta, locateCertificate, type Store, type TargetState } from "@certwright/core/store";
import { relativeTime, standingOf } from "../certificate-state.ts";
import type { CommandResult, Invocation } from "../command.ts";
import { openConfig } from "../config/open-config.ts";
import type { statusFlags } from "../declarations/stored.ts";
import { exitCodes } from "../exit-code.ts";
import { withMoments } from "../output/moments.ts";
import { minute } from "../reporter/words.ts";
import { openState } from "../state/open-state.ts";
import { chooseCertificates, type Listed } from "../stored-certificates.ts";

/** All that is stored of certificates. Exit code 1 where one is in a bad way, 3 where one is not live everywhere. */
export async function run(invocation: Invocation<typeof statusFlags>): Promise<CommandResult> {
  const { args, context } = invocation;
  const config = await openConfig(invocation);
  const store = await openState(invocation, config);
  const { stored, missing } = await withConfigured(args, config?.certificates ?? [], store);
  const chosen = stored;
  const now = context.now();
  const standings = chosen.map((listed) => ("error" in listed ? "unreadable" : standingOf(listed.meta, now)));
  const isBad = missing.length > 0 || standings.some((standing) => standing !== "ok" && standing !== "not live");
  return {
    exitCode: isBad ? exitCodes.failed : standings.includes("not live") ? exitCodes.notDeployed : exitCodes.done,
    result: {
      certificates: [
        ...chosen.map((listed, index) =>
          "error" in listed
            ? {
                name: listed.name,
                standing: standings[index],
                error: { code: listed.error.code, message: listed.error.message },
              }
            : {
                ...withMoments(listed.meta),
                standing: standings[index],
                due: dueOf(listed.meta).at.toISOString(),
                files: filesOf(store, listed.name),
              },
        ),
        ...missing.map((name) => ({ name, standing: "not issued" })),
      ],
    },
    lines: [
      ...chosen.flatMap((listed, index) => [
        ...(index === 0 ? [] : [""]),
        ...("error" in listed
          ? [`${listed.name}: error ${listed.error.code}: ${listed.error.message}`, `  ${listed.error.hint ?? ""}`]
          : describe(listed.meta, store, now)),
      ]),
      ...missing.map((name) => `${name}: not issued yet`),
    ],
  };
}

/** Those named, or all: what is stored, and names that are only configured so far. */
async function withConfigured(
  names: readonly string[],
  configured: readonly Pick<CertificateSpec, "name" | "identifiers">[],
  store: Store,
): Promise<{ readonly stored: readonly Listed[]; readonly missing: readonly string[] }> {
  const all = await chooseCertificates(store, []);
  const isStored = (name: string): boolean => all.some((listed) => listed.name === name);
  const wanted = names.length > 0 ? names : configured.map(({ name }) => name);
  const missing = wanted.filter((name) => !isStored(name) && configured.some((spec) => spec.name === name));
  if (names.length === 0) return { stored: all, missing };
  const others = names.filter((name) => !missing.includes(name));
  return { stored: others.length === 0 ? [] : await chooseCertificates(store, others, configured), missing };
}

function describe(meta: CertificateMeta, store: Store, now: number): readonly string[] {
  const due = dueOf(meta);
  const files = filesOf(store, meta.name);
  return [
    `${meta.name}: ${standingOf(meta, now)}`,
    `  names        ${meta.identifiers.map(({ value }) => value).join(", ")}`,
    `  valid        ${moment(meta.notBefore)} to ${moment(meta.notAfter)} (${relativeTime(meta.notAfter, now)})`,
    `  renewal      ${moment(due.at.getTime())} (${relativeTime(due.at.getTime(), now)}): ${due.reason}`,
    `  CA           ${meta.directoryUrl}${meta.profile === undefined ? "" : `, profile ${meta.profile}`}`,
    `  account      ${meta.accountUrl}`,
    `  key          ${meta.keyType}, generation ${meta.generation} of ${moment(meta.issuedAt)}`,
    `  serial       ${meta.serial}`,
    `  fingerprint  ${meta.fingerprint256}`,
    `  files        ${files.fullchain}`,
    ...(meta.revoked === undefined ? [] : [`  revoked      ${moment(meta.revoked.at)}: ${meta.revoked.reason}`]),
    ...meta.targets.map((target) => `  target       ${describeTarget(target, now)}`),
  ];
}

function describeTarget(
  { target: name, machine, wanted, accepted, served, failures, nextTry, lastError }: TargetState,
  now: number,
): string {
  const target = machine === undefined ? name : `${name} on ${machine}`;
  if (served?.fingerprint256 === wanted) return `${target}: served since ${moment(served.at)}`;
  if (accepted?.fingerprint256 === wanted) return `${target}: accepted ${moment(accepted.at)}, not seen served`;
  const why = lastError === undefined ? "not deployed yet" : `${lastError.code}: ${lastError.message}`;
  const again = nextTry === undefined ? "" : `; next try ${relativeTime(nextTry, now)}`;
  return `${target}: ${why}${failures > 1 ? ` (${failures} times)` : ""}${again}`;
}

function dueOf({ notBefore, notAfter, renewalInfo }: CertificateMeta): ReturnType<typeof dueMoment> {
  const chosen = renewalInfo?.chosen;
  return dueMoment({
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    suggested: chosen === undefined ? undefined : { at: new Date(chosen), explanation: renewalInfo?.explanationUrl },
  });
}

function filesOf(store: Store, name: string) {
  return {
    fullchain: locateCertificate(store, name, "fullchain.pem"),
    key: locateCertificate(store, name, "key.pem"),
    haproxy: locateCertificate(store, name, "haproxy.pem"),
  };
}

function moment(milliseconds: number): string {
  return minute(new Date(milliseconds).toISOString());
}
