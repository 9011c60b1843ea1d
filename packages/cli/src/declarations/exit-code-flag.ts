import { toggle } from "../flags.ts";

/** For commands that look at certificates, where 0 says that all is well, whether something was done or not. */
export const detailedExitcodeFlag = toggle(
  "--detailed-exitcode",
  "end with 5, not 0, where all went well and something was issued or deployed (with plan or --dry-run: is due)",
  { group: "This run" },
);
