export { httpErrorCodes } from "./error-codes.ts";
export type { ListenAddress } from "./listener.ts";
export { type LookOptions, lookForAnswer, type Seen, type Wanted } from "./look.ts";
export { type SelfCheckOptions, withSelfCheck } from "./self-check.ts";
export { createStandaloneSolver } from "./standalone.ts";
export { createWebrootSolver, type WebrootOptions } from "./webroot.ts";
