/** What the engine's errors ask for, as this command spells it. */
const flagHints: Readonly<Record<string, string>> = {
  ACME_USER_ACTION_REQUIRED: "Where it is the CA's terms of service: read them, then add --accept-tos.",
  ACME_EXTERNAL_ACCOUNT_REQUIRED: "Give them with --eab-kid and --eab-hmac-key-file.",
};

/** The hint of an error with the flags to use added to it. */
export function withFlags(code: string, hint: string | undefined): string | undefined {
  const flags = flagHints[code];
  if (flags === undefined) return hint;
  return hint === undefined ? flags : `${hint} ${flags}`;
}
