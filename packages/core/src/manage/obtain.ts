import { asError, isCertwrightError } from "@certwright/provider";
import type { AcmeClient } from "../acme/client.ts";
import { parseChain } from "../acme/x509.ts";
import { refuseForbidden } from "../doctor/caa.ts";
import { sameIdentifiers } from "../identifier.ts";
import { type IssueJob, issue } from "../issue/issue.ts";
import { accountIdOf, hasAccount, isAccountOf, openCa } from "../issue/open-ca.ts";
import type { Solver } from "../issue/solver.ts";
import type { CaSpec, CertificateSpec } from "../spec.ts";
import { removeAccountRecord } from "../store/accounts.ts";
import type { CertificateMeta } from "../store/certificate-meta.ts";
import { readHistory } from "../store/history.ts";
import type { LimitExemption } from "../store/limits.ts";
import { readOrder } from "../store/orders.ts";
import { nextTry, refuseEarly, rememberUnopened, withinLimits } from "./budget.ts";
import { refuseWrongClock } from "./clock.ts";
import { LimitError } from "./limit-error.ts";
import { type Denial, NoCaError } from "./no-ca-error.ts";
import type { Run } from "./parts.ts";
import type { Action } from "./plan.ts";
import { rehearse } from "./rehearse.ts";
import type { RenewOptions } from "./renew-certificate.ts";
import { openSolvers, worldFor } from "./solvers.ts";
import { readUndamaged } from "./undamaged.ts";

/** The CAs of a run, each opened once, however many certificates want it. */
export interface CaPool {
  client(ca: CaSpec): Promise<AcmeClient>;
  /** The same, where its account was made before: to look at something is no reason to make one. */
  existing(ca: CaSpec): Promise<AcmeClient | undefined>;
  /** The next to want this CA reads its account and roots anew: another run may have changed the key, or ended the account. */
  forget(ca: CaSpec): void;
  /** Gets one certificate from the CA of `job.client`, and stores it. */
  issue(job: IssueJob): Promise<CertificateMeta>;
  /** Ends idle connections. */
  close(): Promise<void>;
}

/**
 * A pool over the run's store; an opening that failed is tried anew by the next certificate.
 *
 * @param isLasting for a service, which outlives accounts: one whose key was changed meanwhile, or in whose place another was
 * made, is opened anew
 */
export function createCaPool({ store, parts, world }: Run, { isLasting = false } = {}): CaPool {
  const clients = new Map<string, Promise<AcmeClient>>();
  const accounts = new Map<string, Promise<boolean>>();
  const keyOf = ({ directoryUrl, email }: CaSpec): string => JSON.stringify([directoryUrl, email]);
  const isOver = async (known: Promise<AcmeClient>, ca: CaSpec): Promise<boolean> =>
    isLasting && !(await isAccountOf(await known, ca, store));
  const clientOf = async (ca: CaSpec): Promise<AcmeClient> => {
    const key = keyOf(ca);
    const known = clients.get(key);
    // Of several that find it over, the first opens it anew.
    if (known !== undefined && (await isOver(known, ca)) && clients.get(key) === known) clients.delete(key);
    const client = clients.get(key) ?? parts.caAccess(ca).then((access) => openCa(ca, access, store, world));
    clients.set(key, client);
    client.catch(() => clients.delete(key));
    return await client;
  };
  return {
    client: clientOf,
    existing: async (ca) => {
      const key = keyOf(ca);
      const isThere = accounts.get(key) ?? hasAccount(ca, store);
      accounts.set(key, isThere);
      isThere.catch(() => accounts.delete(key));
      return (await isThere) ? await clientOf(ca) : undefined;
    },
    forget: (ca) => void clients.delete(keyOf(ca)),
    issue,
    close: async () => {
      // Of those forgotten before, which others may have been using, the CA ends the connections: idle ones keep no process alive.
      for (const client of await Promise.allSettled(clients.values())) {
        if (client.status === "fulfilled") client.value.close();
      }
    },
  };
}

/** What a person who asks for it is granted; see `RenewOptions`. */
export type Wishes = Pick<RenewOptions, "force" | "insist" | "newKey">;

/**
 * Gets one certificate from the first of its CAs that gives it. The next CA is asked only when the one before was out of
 * reach, limited us, or is forbidden to issue; a name that cannot be proved fails everywhere alike. `force` and `insist` lift
 * this program's own limits and backoff, not the CA's; `force` asks a CA that CAA records seem to forbid, too.
 *
 * @throws NoCaError where several were asked
 * @param begin called before the first CA is asked for anything; not at all where the ledger refuses
 */
export async function obtain(
  action: Extract<Action, { do: "issue" }>,
  wishes: Wishes,
  pool: CaPool,
  run: Run,
  begin: () => Promise<void>,
): Promise<CertificateMeta> {
  const { spec } = action;
  const solvers = await openSolvers(spec, run);
  const denials: Denial[] = [];
  for (const [index, ca] of spec.cas.entries()) {
    try {
      return await obtainFrom(ca, { action, wishes, solvers, pool, run, begin });
    } catch (error) {
      run.world.signal.throwIfAborted();
      if (isCertwrightError(error) && staleFaults.has(error.code)) {
        // A private CA may have lost all it knew; by the same key it never makes a second account where it has one.
        if (error.code === "ACME_ACCOUNT_DOES_NOT_EXIST") await removeAccountRecord(run.store, accountIdOf(ca));
        pool.forget(ca);
      }
      const next = spec.cas[index + 1];
      const isLast = next === undefined || !isCasOwnFault(error);
      if (isLast && denials.length === 0) throw error;
      denials.push(await denialOf(asError(error), ca, spec, run));
      if (isLast) break;
      const { code, message } = error;
      run.world.emit({
        type: "warning",
        code,
        certificate: spec.name,
        message: `${ca.directoryUrl} cannot issue now (${message}); asking ${next.directoryUrl}`,
      });
    }
  }
  throw new NoCaError(denials, run.world.now());
}

async function denialOf(error: Error, ca: CaSpec, { name }: CertificateSpec, run: Run): Promise<Denial> {
  const at = error instanceof LimitError ? error.refusal.at : await nextTry(name, ca, run);
  return { directoryUrl: ca.directoryUrl, error, at };
}

/** A certificate to be obtained, from whichever CA gives it. */
interface Obtaining {
  readonly action: Extract<Action, { do: "issue" }>;
  readonly wishes: Wishes;
  readonly solvers: readonly Solver[];
  readonly pool: CaPool;
  readonly run: Run;
  readonly begin: () => Promise<void>;
}

async function obtainFrom(
  ca: CaSpec,
  { action, wishes, solvers, pool, run, begin }: Obtaining,
): Promise<CertificateMeta> {
  const { spec, replaces } = action;
  const { force, insist = false, newKey = false } = wishes;
  const { store, world } = run;
  const before = await readUndamaged(store, spec.name);
  const expires = before === undefined || before.meta.revoked !== undefined ? undefined : before.meta.notAfter;
  const client = await pool.client(ca).catch(async (error: unknown) => {
    await rememberUnopened(error, spec, { directoryUrl: ca.directoryUrl, expires }, run);
    await begin();
    throw error;
  });
  const { directoryUrl, accountUrl = "" } = client;
  // Another CA knows nothing of the certificate that is replaced.
  const earlier = before?.meta.directoryUrl === directoryUrl ? before.meta : undefined;
  const follows = earlier === undefined ? undefined : replaces;
  const exemption = exemptionOf(spec, earlier, follows, world.now());
  const exemptionOtherwise = exemptionOf(spec, earlier, undefined, world.now());
  const history = await readHistory(store, spec, directoryUrl, world.now());
  const counted = { exemption, exemptionOtherwise, expires, history, force: force || insist };
  const request = { spec, directoryUrl, accountUrl, ...counted };
  if ((await readOrder(store, spec.name)) === undefined) await refuseEarly(request, run);
  // A clock that is wrong must not touch the ledger, which leaves out what is over by it.
  await refuseWrongClock(client, world);
  const isSpoiled = before !== undefined && (newKey || before.meta.revoked?.reason === "keyCompromise");
  const spoiledKey = isSpoiled ? parseChain(before.leafPem)[0]?.keyFingerprint : undefined;
  const csr = spec.csrFile === undefined ? undefined : await run.parts.readFile(spec.csrFile);
  return await withinLimits(request, run, async (mayOrder) => {
    // A hook that fails may have stopped something: it is not tried again every minute either.
    await begin();
    if (!force) await refuseForbiddenCa(spec, client, solvers, run);
    if (!request.force) await rehearse({ spec, ca, failure: history.failure, solvers, pool, run });
    const previous = { previousKeyPem: before?.keyPem, previousIssuedAt: before?.meta.issuedAt, replaces: follows };
    return await pool.issue({ spec, client, solvers, csr, spoiledKey, ...previous, mayOrder, store, world });
  });
}

/** Days in which a CA remembers that it issued for a set of names (Let's Encrypt: 120). */
const renewalDays = 120;

/** What keeps an order from being counted: `replaces` inside the CA's own window, else that it is for the same names again. */
function exemptionOf(
  spec: CertificateSpec,
  earlier: CertificateMeta | undefined,
  follows: string | undefined,
  now: number,
): LimitExemption | undefined {
  if (earlier === undefined || !sameIdentifiers(spec.identifiers, earlier.identifiers)) return undefined;
  const { window } = earlier.renewalInfo ?? {};
  if (follows !== undefined && window !== undefined && window.start <= now && now < window.end) return "ari";
  return earlier.issuedAt + renewalDays * 86_400_000 > now ? "same-set" : undefined;
}

/** A CA that CAA records forbid to issue costs no order. */
async function refuseForbiddenCa(
  spec: CertificateSpec,
  client: AcmeClient,
  solvers: readonly Solver[],
  run: Run,
): Promise<void> {
  const { resolver, signal } = worldFor(spec, run);
  const { meta } = await client.directory({ signal });
  const methods = solvers.filter(({ automatic }) => automatic !== true).map(({ type }) => type);
  const question = { issuers: meta.caaIdentities, accountUrl: client.accountUrl, methods };
  await refuseForbidden(spec.identifiers, question, resolver, signal);
}

/** A signature that is not of the account's key, an account that ended, roots that were exchanged: what was opened is out of date. */
const staleFaults: ReadonlySet<string> = new Set([
  "ACME_TLS_UNTRUSTED",
  "ACME_MALFORMED",
  "ACME_UNAUTHORIZED",
  "ACME_ACCOUNT_DOES_NOT_EXIST",
  "ACME_ACCOUNT_DEACTIVATED",
]);

const casOwnFaults = new Set([
  "ACME_UNREACHABLE",
  "ACME_UNAVAILABLE",
  "ACME_TIMEOUT",
  "ACME_SERVER_INTERNAL",
  "ACME_RATE_LIMITED",
  "ACME_PAUSED",
  "ACME_CAA",
  "ACME_NOT_ACME",
  "LIMIT_REACHED",
  "LIMIT_HOLD",
  "LIMIT_PAUSED",
]);

/** Whether another CA may do better. A pause after a failure is as much the CA's fault as that failure was. */
export function isCasOwnFault(error: unknown): error is Error & { code: string } {
  if (!isCertwrightError(error)) return false;
  if (error.code === "LIMIT_BACKOFF") return isCasOwnFault(error.cause);
  return casOwnFaults.has(error.code) || (error.code.startsWith("ACME_") && error.retryable);
}
