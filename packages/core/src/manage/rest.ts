import type { CertificateSpec, KeyTypeName } from "../spec.ts";
import type { CertificateMeta } from "../store/certificate-meta.ts";
import { readCertificateSpec } from "../store/certificates.ts";
import { eachCertificate } from "../store/list-certificates.ts";
import { safeName } from "../store/names.ts";
import type { Store } from "../store/store.ts";
import { isOnlyOurs } from "../store/target-machine.ts";
import { isEarlierClock } from "./clock.ts";
import { factsOf } from "./facts.ts";
import type { Run } from "./parts.ts";
import { planCertificate, type WaitingTarget } from "./plan.ts";
import { isTimeToAsk } from "./renewal-info.ts";

/** A certificate that needs nothing now: why, and when it is looked at next. */
export interface Rest {
  readonly do: "nothing";
  readonly reason: string;
  readonly next: Date;
  readonly waiting?: readonly WaitingTarget[];
}

/** One of many certificates. */
export interface RestingCertificate {
  readonly certificate: string;
  readonly rest: Rest;
}

/**
 * Tells from what is known of a stored certificate alone that it needs nothing now, if it is wanted as it was issued;
 * undefined where only a closer look can tell. One small file decides for nearly all of 100,000 certificates.
 *
 * @param now milliseconds since 1970
 */
export function restAsIssued(meta: CertificateMeta, now: number, store: Pick<Store, "machine">): Rest | undefined {
  const rest = needsCloserLook(meta, now) ? undefined : restOf(meta, asIssued(meta), {}, now, store);
  // Whether it is wanted where it is not live, only its specification tells.
  return rest?.waiting === undefined ? rest : undefined;
}

/**
 * The same for certificates wanted as specifications say: those that need nothing, by name. Takes no lease: what it tells
 * holds whoever works on a certificate. What cannot be read is not among them, and told by the closer look.
 */
export async function restingNow(
  specs: readonly CertificateSpec[],
  { store, world }: Pick<Run, "store" | "world">,
): Promise<ReadonlyMap<string, Rest>> {
  const resting = new Map<string, Rest>();
  const wanted = new Map(specs.map((spec) => [spec.name, spec]));
  try {
    for await (const listed of eachCertificate(store, [...wanted.keys()].map(safeName))) {
      const spec = wanted.get(listed.name);
      if (spec === undefined || "error" in listed) continue;
      const rest = await restAs(spec, listed.meta, world.now(), store).catch(() => undefined);
      if (rest !== undefined) resting.set(spec.name, rest);
    }
  } catch {
    // Where the store fails, the others are looked at closer, too.
  }
  return resting;
}

async function restAs(
  spec: CertificateSpec,
  meta: CertificateMeta,
  now: number,
  store: Store,
): Promise<Rest | undefined> {
  if (needsCloserLook(meta, now)) return undefined;
  // Where it goes no more it may have to be forgotten.
  if (meta.targets.some((state) => !spec.deploy.includes(state.target) && isOnlyOurs(state, store))) return undefined;
  // A profile was asked for only where there is one; a CA asked for none may name the one it used.
  const asked = meta.profile === undefined ? {} : await readCertificateSpec(store, spec.name);
  return asked === undefined ? undefined : restOf(meta, spec, asked, now, store);
}

function restOf(
  meta: CertificateMeta,
  spec: CertificateSpec,
  asked: Pick<CertificateSpec, "profile">,
  now: number,
  store: Pick<Store, "machine">,
): Rest | undefined {
  const facts = factsOf({ meta, spec: asked }, spec.deploy, store);
  const action = planCertificate(spec, facts, { now: new Date(now), force: false });
  if (action.do !== "nothing") return undefined;
  const { spec: _spec, ...rest } = action;
  return rest;
}

/** Whether the CA is asked, or the clock is doubted, before anything is decided. */
function needsCloserLook({ renewalInfo, notBefore }: CertificateMeta, now: number): boolean {
  return isTimeToAsk(renewalInfo, now) || isEarlierClock(notBefore, now);
}

/** As much of its specification as tells whether it needs anything. */
function asIssued({ name, identifiers, keyType, directoryUrl, targets }: CertificateMeta): CertificateSpec {
  return {
    name,
    identifiers,
    keyType: keyType as KeyTypeName,
    reuseKey: false,
    cas: [{ directoryUrl }],
    challenges: [],
    dns: {},
    deploy: targets.map(({ target }) => target),
  };
}
