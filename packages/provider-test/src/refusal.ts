/**
 * Thrown by the fake DNS, by `auth` and by routes to refuse a request, the way the real API would with this status.
 * How the refusal looks on the wire is the API's own business: `errors` of the {@link FakeApi} turns it into an answer.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Refuses the request unless the condition holds; the message ends up in the answer's body. */
export function demand(condition: unknown, message: string, status = 422): asserts condition {
  if (!condition) throw new Refusal(status, message);
}
