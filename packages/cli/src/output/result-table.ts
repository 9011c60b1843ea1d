import {
  count,
  flag,
  type JsonOf,
  list,
  moment,
  named,
  oneCase,
  optional,
  required,
  text,
  union,
  word,
} from "@certwright/core/json";

const errorJson = named("Error", "What went wrong.", {
  code: required(text, "Stable; see [errors.md](errors.md)."),
  message: required(text, "One line, for people; it may change."),
  details: optional(list(text), "What the message sums up."),
  hint: optional(text, "What to do about it."),
  retryAfter: optional(count, "Seconds after which it may go better."),
});

const waitingJson = named(
  "WaitingTarget",
  "A deploy target that does not have the certificate, and is not tried before its time.",
  {
    target: required(text, "As it is configured: `haproxy:/run/haproxy/admin.sock`."),
    next: required(moment, "When it is tried again."),
    error: optional(errorJson, "What went wrong the last time."),
  },
);
const waiting = optional(
  list(waitingJson),
  "Where it is not live, and not tried again yet; missing where there is none.",
);

const actionJson = union("Action.", "do", {
  issue: oneCase("A certificate would be ordered.", {
    reason: required(text, "Why."),
    replaces: optional(text, "The certificate it renews, as the CA names it (RFC 9773 section 4.1)."),
  }),
  deploy: oneCase("The stored certificate would be deployed.", {
    reason: required(text, "Why."),
    targets: required(list(text), "Where."),
    waiting,
  }),
  nothing: oneCase("Nothing is due.", {
    reason: required(text, "Why not."),
    next: required(moment, "When to look again."),
    waiting,
  }),
});

const targetJson = named("Target", "What came of one deploy target.", {
  target: required(text, "As it is configured: `haproxy:/run/haproxy/admin.sock`."),
  ok: required(flag, "Whether the target took the certificate."),
  action: optional(word("updated", "added", "unchanged", "stored"), "With `ok`: what it did."),
  served: optional(flag, "With `ok`: whether it was seen that clients get it."),
  detail: optional(text, "More about it."),
  reloadNeeded: optional(text, "Why only a reload makes it served."),
  warnings: optional(list(text), "What to know about it."),
  retryAt: optional(moment, "Some part of it is still to come: when it is deployed again."),
  error: optional(errorJson, "Without `ok`: what went wrong."),
});

const foreseenJson = named("ForeseenTarget", "What would come of one deploy target, as far as a look at it tells.", {
  target: required(text, "As it is configured: `haproxy:/run/haproxy/admin.sock`."),
  ok: required(flag, "Whether nothing is seen that would keep the certificate from it."),
  detail: optional(text, "With `ok`: what would be done."),
  error: optional(errorJson, "Without `ok`: what would go wrong."),
});

const done = {
  reason: required(text, "Why it was due."),
  notAfter: required(moment, "The end of the certificate."),
  targets: required(list(targetJson), "What came of each deploy target that was tried."),
  waiting,
};

const certificateJson = union(
  "Certificate.",
  "outcome",
  {
    issued: oneCase("A new certificate was issued.", done),
    deployed: oneCase("The stored certificate was deployed where it was not live yet.", done),
    skipped: oneCase("Nothing was due.", {
      reason: required(text, "Why not."),
      next: required(moment, "When to look again."),
      waiting,
    }),
    failed: oneCase("It was not issued.", { error: required(errorJson, "What went wrong.") }),
    planned: oneCase("`plan` or `--dry-run`: nothing was done.", {
      action: required(actionJson, "What would be done."),
      foreseen: optional(list(foreseenJson), "With `issue --dry-run`: what would come of each deploy target."),
    }),
  },
  { name: required(text, "Name of the certificate in the store.") },
);

/** The last line of `issue`, `renew` and `plan`. */
export const resultCase = oneCase("The last line: what it came to.", {
  ok: required(flag, "Whether all went well: the exit code is 0, or 5 where `--detailed-exitcode` asked for it."),
  exitCode: required(count, "The exit code."),
  certificates: optional(list(certificateJson), "What came of each certificate; missing where `error` ended it all."),
  error: optional(errorJson, "What ended the command."),
});

export type CertificateJson = JsonOf<typeof certificateJson>;
export type ActionJson = JsonOf<typeof actionJson>;
export type WaitingTargetJson = JsonOf<typeof waitingJson>;
export type ForeseenTargetJson = JsonOf<typeof foreseenJson>;
export type TargetJson = JsonOf<typeof targetJson>;
export type ErrorJson = JsonOf<typeof errorJson>;
