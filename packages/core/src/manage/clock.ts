import { CertwrightError } from "@certwright/provider";
import type { AcmeClient } from "../acme/client.ts";
import type { World } from "../world.ts";

/** Milliseconds a clock may be wrong without harm: certificates, windows and limits are measured in days. */
const tolerance = 86_400_000;

/**
 * Refuses to order by a clock that the CA's own shows to be wrong: the certificate would seem to be over, or not to have
 * begun, and what is noted in the state would be wrong long after the clock is right.
 *
 * @throws CertwrightError `CLOCK_WRONG`
 */
export async function refuseWrongClock(client: AcmeClient, { now, signal }: World): Promise<void> {
  const ahead = await client.clockAhead({ signal });
  if (ahead === undefined || Math.abs(ahead) <= tolerance) return;
  throw wrongClock(now(), `the CA's says ${new Date(now() + ahead).toISOString()}`);
}

/**
 * Refuses to plan by a clock that a certificate shows to be wrong: it began, and so it is later than that.
 *
 * @throws CertwrightError `CLOCK_WRONG`
 */
export function refuseEarlierClock(notBefore: number, now: number): void {
  if (!isEarlierClock(notBefore, now)) return;
  throw wrongClock(now, `the certificate in use began ${new Date(notBefore).toISOString()}`);
}

/** Whether a certificate that began then shows that the clock is behind. */
export function isEarlierClock(notBefore: number, now: number): boolean {
  return notBefore - now > tolerance;
}

function wrongClock(now: number, witness: string): CertwrightError {
  return new CertwrightError(
    "CLOCK_WRONG",
    `this machine's clock says ${new Date(now).toISOString()}, while ${witness}`,
    { hint: "Set the clock (timedatectl shows whether it is kept in step). Until then nothing is ordered or changed." },
  );
}
