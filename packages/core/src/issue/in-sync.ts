import type { Zone } from "@certwright/provider";
import { messageOf } from "@certwright/provider";
import type { World } from "../world.ts";
import type { DnsBinding } from "./dns-place.ts";

/** How a zone's own word is waited for. */
export interface InSyncWait {
  readonly binding: DnsBinding;
  readonly zone: Zone;
  /** Milliseconds to wait at most. */
  readonly timeoutMs: number;
  readonly world: World;
  readonly signal: AbortSignal;
}

/**
 * Waits until the API says that all of its name servers have what was changed; at once where it does not tell. One address
 * of an anycast service is many machines, of which we can ask only the nearest: only the API knows of the others.
 *
 * An API that fails to tell, or never says yes, holds nothing up for longer than the time given: what our own looks have
 * seen then counts alone, with a warning.
 */
export async function waitInSync({ binding: { handle }, zone, timeoutMs, world, signal }: InSyncWait): Promise<void> {
  if (handle.inSync === undefined) return;
  const deadline = world.now() + timeoutMs;
  let reason = "it has not said so in time";
  for (let pause = 500; ; pause = Math.min(pause * 1.5, 5_000)) {
    try {
      if (await handle.inSync(zone)) return;
    } catch (error) {
      signal.throwIfAborted();
      reason = messageOf(error);
      break;
    }
    if (world.now() + pause >= deadline) break;
    await world.sleep(pause, signal);
  }
  world.emit({
    type: "warning",
    code: "DNS_NOT_IN_SYNC",
    message: `${handle.instance} does not say that all its name servers have the records of ${zone.name}: ${reason}`,
    hint: "Going on by what the name servers asked from here show.",
  });
}
