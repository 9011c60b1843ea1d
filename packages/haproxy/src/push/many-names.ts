import { whileLocked } from "../runtime/locked.ts";
import { refused } from "../runtime/refused.ts";
import { listCertificates, showCertificate } from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import { isLockName } from "../runtime/writer-lock.ts";
import { type Candidate, chooseByNames, type Replacement } from "./choose.ts";
import type { Settings } from "./settings.ts";

/** Finds the certificates that many bundles are to replace by one look at all a node has. */
export interface NameIndex {
  /** As `chooseByNames`; undefined where that would throw, and a push of its own says why. */
  find(bundle: Replacement): string | undefined;
}

/** @throws HaproxyError HAPROXY_BUSY, HAPROXY_LEVEL, and those of the session */
export async function readNameIndex(session: Session, settings: Settings): Promise<NameIndex> {
  const context = { patience: settings.limits, signal: settings.signal };
  const listed = await whileLocked(session, context, () => listCertificates(session));
  if ("kind" in listed) throw refused(session, "", listed);
  const names = listed.names.filter((name) => !isLockName(name));
  const candidates: Candidate[] = [];
  for (let start = 0; start < names.length; start += 100) {
    const shown = await Promise.all(
      names
        .slice(start, start + 100)
        .map((name) => whileLocked(session, context, () => showCertificate(session, name))),
    );
    for (const each of shown) {
      if ("kind" in each) continue;
      const { name, status, names: covered, algorithm } = each;
      candidates.push({ name, status, names: covered, ...(algorithm === undefined ? {} : { algorithm }) });
    }
  }
  return indexOf(candidates, session.node.id);
}

/** The same over candidates that are known. */
export function indexOf(candidates: readonly Candidate[], node: string): NameIndex {
  // Ten thousand against ten thousand is too much; what shares no name cannot be the one.
  const byName = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    for (const name of candidate.names) {
      for (const key of [name, `*${name.slice(name.indexOf("."))}`]) {
        const known = byName.get(key);
        if (known === undefined) byName.set(key, [candidate]);
        else if (known.at(-1) !== candidate) known.push(candidate);
      }
    }
  }
  return {
    find(bundle) {
      const related = new Set(bundle.names.flatMap((name) => byName.get(name) ?? []));
      if (related.size === 0) return undefined;
      try {
        return chooseByNames(bundle, [...related], node);
      } catch {
        return undefined;
      }
    },
  };
}
