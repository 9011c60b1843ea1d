import type { AcmeClient } from "../acme/client.ts";
import { keyFingerprint, readKey } from "../acme/keys.ts";
import { getOrder, type Order } from "../acme/order.ts";
import { AcmeProblem, isProblem } from "../acme/problem.ts";
import { sameIdentifiers } from "../identifier.ts";
import { readOrder, removeOrder, saveOrder } from "../store/orders.ts";
import type { IssueJob } from "./issue.ts";

/** Milliseconds in which a CA that is slow ends an order. One that has led to nothing by then costs another, not the site. */
const longestOpen = 86_400_000;

/**
 * The order an earlier run left, if it is for the same names at the same account and still usable. `isOld`: one more failure
 * ends it.
 */
export async function openOrder({
  spec,
  client,
  spoiledKey,
  previousIssuedAt,
  store,
  world,
}: IssueJob): Promise<{ order?: Order; keyPem?: string; isOld?: boolean }> {
  const stored = await readOrder(store, spec.name, ({ code, message }) => {
    const instead = `${message}; it is given up, and another is placed`;
    world.emit({ type: "warning", code, certificate: spec.name, message: instead });
  });
  if (stored === undefined) return {};
  const { record, keyPem } = stored;
  const fits =
    record.accountUrl === client.accountUrl &&
    sameIdentifiers(record.identifiers, spec.identifiers) &&
    record.profile === spec.profile &&
    (keyPem === undefined || keyFingerprint(readKey(keyPem, "order's key")) !== spoiledKey);
  // Noted by a clock that was ahead, it may be of any age.
  const isOld = Math.abs(world.now() - record.createdAt) > longestOpen;
  const order = fits ? await lookAt(client, record.orderUrl, isOld, world.signal) : undefined;
  // A run that died between storing a certificate and forgetting its order left one that gives the same certificate again.
  const isStored = order?.status === "valid" && (previousIssuedAt ?? 0) >= record.createdAt;
  if (order === undefined || isStored || isOver(order, isOld, world.now())) {
    await removeOrder(store, spec.name);
    return {};
  }
  world.emit({ type: "order.resumed", certificate: spec.name, order: order.url, status: order.status });
  return { order, isOld, ...(keyPem === undefined ? {} : { keyPem }) };
}

async function lookAt(
  client: AcmeClient,
  url: string,
  isOld: boolean,
  signal: AbortSignal,
): Promise<Order | undefined> {
  try {
    return await getOrder(client, url, { signal });
  } catch (error) {
    if (isProblem(error, "malformed") || isProblem(error, "unauthorized")) return undefined;
    if (error instanceof AcmeProblem && (error.status === 404 || isOld)) return undefined;
    throw error;
  }
}

function isOver({ expires, status }: Order, isOld: boolean, now: number): boolean {
  if (status === "invalid") return true;
  return status !== "valid" && (isOld || (expires !== undefined && expires.getTime() <= now + 60_000));
}

/** Notes an order with its key, before anything is done with it. */
export async function rememberOrder(
  { spec, client, store, world }: IssueJob,
  order: Order,
  keyPem: string | undefined,
): Promise<void> {
  const record = {
    name: spec.name,
    directoryUrl: client.directoryUrl,
    accountUrl: client.accountUrl ?? "",
    orderUrl: order.url,
    identifiers: spec.identifiers,
    ...(spec.profile === undefined ? {} : { profile: spec.profile }),
    createdAt: world.now(),
  };
  await saveOrder(store, { record, ...(keyPem === undefined ? {} : { keyPem }) });
}
