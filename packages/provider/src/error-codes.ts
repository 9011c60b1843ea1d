import type { ProviderErrorCode } from "./errors.ts";

/** What each code of this package means; the reference page of error codes is made from it. */
export const providerErrorCodes = {
  PROVIDER_AUTH: "The DNS API does not accept the credential.",
  PROVIDER_FORBIDDEN: "The credential is accepted, but may not do this.",
  PROVIDER_ZONE_NOT_FOUND: "No zone around the name is visible to the credential.",
  PROVIDER_NOT_FOUND: "The DNS API does not know what was asked for.",
  PROVIDER_RATE_LIMITED: "The DNS API asks to slow down for longer than a run can wait.",
  PROVIDER_CONFLICT:
    "What was to be changed is being changed by something else, or does not allow this record beside it.",
  PROVIDER_QUOTA: "A limit of the account or of the name is reached: no more records fit.",
  PROVIDER_INVALID: "The DNS API refuses the request as wrong.",
  PROVIDER_UNAVAILABLE: "The DNS API cannot be reached, or fails on its own side.",
  PROVIDER_TIMEOUT: "The DNS API did not answer in time.",
  PROVIDER_BAD_ANSWER: "The DNS API answered with something that cannot be read as its documentation says.",
  PROVIDER_HOST_NOT_DECLARED:
    "A provider tried to call a host it does not declare, or to send a credential without encryption.",
  PROVIDER_UNSUPPORTED: "The DNS API, or the place this runs in, cannot do what was asked.",
  PROVIDER_FAILED: "The provider failed in a way it does not explain.",
  PROVIDER_OPTIONS: "Options of a provider are missing, unknown or wrong; all of them are listed.",
  PROVIDER_DEFINITION: "A provider's definition breaks the contract; all faults are listed.",
} as const satisfies Record<ProviderErrorCode | "PROVIDER_OPTIONS" | "PROVIDER_DEFINITION", string>;
