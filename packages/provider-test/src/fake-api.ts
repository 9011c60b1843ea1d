import type { OptionsSchema, OptionValues } from "@certwright/provider";
import type { FakeDns } from "./fake-dns.ts";
import type { ApiRequest } from "./request.ts";
import type { Routes } from "./routes.ts";

/** A provider's API, declared by its test: the routes over the kit's {@link FakeDns}, and how the API refuses. */
export interface FakeApi<O extends OptionsSchema = OptionsSchema> {
  /**
   * Whether a request carries the right credentials; asked before every route not marked `open`. Needed by every
   * provider with a secret option: the kit plants the secrets and tries wrong ones.
   */
  readonly auth?: (request: ApiRequest, options: OptionValues<O>, dns: FakeDns) => unknown;
  readonly routes: Routes;
  /**
   * How the API says no, where it is not a status and `{"message": ...}`: gets the status the kit or a `Refusal` means
   * (401 wrong credentials, 403 not allowed, 404 no such zone or record, 409 exists, 422 invalid, 429 too many).
   * APIs that always answer 200 return their error document here. Nothing returned means the plain form after all.
   */
  readonly errors?: (refusal: { readonly status: number; readonly message: string }, request: ApiRequest) => unknown;
}
