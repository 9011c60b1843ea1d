import { badAnswer } from "./answer.ts";

/** How many callers may wait for the nonce that one request under way will bring back, before another is fetched. */
const waitersPerSource = 12;
/** Unused nonces kept; more are of no use, since they age at the CA. */
const poolSize = 64;

interface Waiter {
  readonly give: (nonce: string) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Anti-replay nonces (RFC 8555 section 6.5).
 *
 * Every answer of the CA feeds the pool, so `newNonce` is asked once in the life of a client. Callers that find the
 * pool empty while signed requests are under way wait for what those bring back; only where many wait for few is
 * another nonce fetched, which also widens how many requests run side by side. No nonce is ever given out twice.
 */
export class NoncePool {
  readonly #fetch: (signal: AbortSignal) => Promise<string | undefined>;
  readonly #free: string[] = [];
  readonly #seen = new Set<string>();
  readonly #waiters: Waiter[] = [];
  #signed = 0;
  #fetches = 0;
  #stopFetches = new AbortController();

  /** @param fetch asks `newNonce` and gives its `Replay-Nonce`. */
  constructor(fetch: (signal: AbortSignal) => Promise<string | undefined>) {
    this.#fetch = fetch;
  }

  /** Takes the `Replay-Nonce` of any answer. False for one outside the grammar or seen before, which is ignored. */
  put(nonce: string | undefined): boolean {
    if (nonce === undefined || !/^[A-Za-z0-9_-]{1,512}$/.test(nonce) || this.#seen.has(nonce)) return false;
    this.#seen.add(nonce);
    // Enough of a memory to recognise a server that repeats itself, without growing in a service.
    if (this.#seen.size > 4096) this.#seen.delete(this.#seen.values().next().value ?? nonce);
    this.#free.push(nonce);
    if (this.#free.length > poolSize) this.#free.shift();
    this.#serve();
    return true;
  }

  /**
   * Runs one signed request with a nonce of its own. The nonce of its answer must be {@link put} before it resolves.
   *
   * @throws what `send` throws, what fetching a nonce throws, `ACME_BAD_ANSWER` where the CA gives no fresh nonce,
   *   or the signal's reason.
   */
  async use<T>(send: (nonce: string) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const nonce = await this.#take(signal);
    try {
      return await send(nonce);
    } finally {
      this.#signed--;
      this.#serve();
    }
  }

  #take(signal: AbortSignal | undefined): Promise<string> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        if (this.#waiters.length === 0) this.#abandonFetches();
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        give: (nonce) => {
          signal?.removeEventListener("abort", stop);
          resolve(nonce);
        },
        fail: (error) => {
          signal?.removeEventListener("abort", stop);
          reject(error);
        },
      };
      signal?.addEventListener("abort", stop, { once: true });
      this.#waiters.push(waiter);
      this.#serve();
    });
  }

  #serve(): void {
    // The newest nonce first: it is the least likely to have expired.
    while (this.#waiters.length > 0 && this.#free.length > 0) {
      // Counted here and not where the caller wakes up: until then others would think that nothing is under way.
      this.#signed++;
      this.#waiters.shift()?.give(this.#free.pop() ?? "");
    }
    while (this.#waiters.length > (this.#signed + this.#fetches) * waitersPerSource) void this.#fetchOne();
  }

  async #fetchOne(): Promise<void> {
    this.#fetches++;
    const { signal } = this.#stopFetches;
    let failure: unknown;
    try {
      const nonce = await this.#fetch(signal);
      if (!this.put(nonce)) throw badAnswer("answer to newNonce", "holds no fresh Replay-Nonce");
    } catch (error) {
      failure = error;
    }
    this.#fetches--;
    if (failure === undefined || signal.aborted) return this.#serve();
    // Nobody else brings a nonce: those who wait must hear why.
    if (this.#signed + this.#fetches === 0) for (const waiter of this.#waiters.splice(0)) waiter.fail(failure);
  }

  #abandonFetches(): void {
    this.#stopFetches.abort();
    this.#stopFetches = new AbortController();
  }
}
