export {
  CertwrightError,
  type ErrorDetails,
  isCertwrightError,
  ProviderError,
  type ProviderErrorCode,
  type ProviderErrorDetails,
  type ProviderOperation,
} from "./errors.ts";
