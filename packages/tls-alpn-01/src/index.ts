export { tlsAlpnErrorCodes } from "./error-codes.ts";
export { createTlsAlpnSolver, type TlsAlpnAddress } from "./solver.ts";
