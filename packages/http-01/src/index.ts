export { httpErrorCodes } from "./error-codes.ts";
export type { ListenAddress } from "./listener.ts";
export { createStandaloneSolver } from "./standalone.ts";
export { createWebrootSolver, type WebrootOptions } from "./webroot.ts";
