import { parseStateLocation } from "../store/location.ts";
import { list, object, variants } from "./collections.ts";
import { address, choice, duration, flag, parsed, path, percentage, text, url } from "./scalars.ts";
import { argv, namedValues, secretRef, textOrSecret } from "./secret-type.ts";
import { email } from "./table-authority.ts";
import { programKeys } from "./table-hooks.ts";
import { filled, optional, required } from "./type.ts";

const alert = choice("issued", "deployed", "failed", "not-deployed", "expiring", "limited", "recovered");
const on = filled(
  list(alert, { least: 1, distinct: true }),
  ["failed", "not-deployed", "expiring", "limited", "recovered"],
  "What is worth telling: `issued` a new certificate; `deployed` it is live everywhere; `failed` it could not be obtained; `not-deployed` a target does not have it; `expiring` too much of its life is over (see `alarms`); `limited` a CA limits or paused us; `recovered` what failed works again.",
);
const quiet = filled(
  duration("1m", "7d"),
  "6h",
  "The same news about the same certificate is not told again within this time.",
);

const header = text({
  label: "header",
  longest: 100,
  pattern: /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/,
  expected: "the name of an HTTP header",
});

const webhook = object("webhook", "News as JSON by HTTP POST.", {
  webhook: required(textOrSecret, "URL; a reference where the URL itself is a secret."),
  headers: optional(namedValues(header, "mapping of text or [secret](#secret)"), "Headers to send along."),
  timeout: filled(duration("1s", "1m"), "10s", "Longest wait for the answer."),
  on,
  quiet,
});

const smtp = object("smtp", "The mail server.", {
  url: required(url("smtps", "smtp"), "`smtps://host:465`, or `smtp://host:587`, which must offer STARTTLS."),
  user: optional(text({ longest: 320 }), "User name, where it asks for one."),
  password: optional(secretRef, "Its password."),
  caFile: optional(path, "PEM file of roots to trust in place of the system's."),
});

const mail = object("mail", "News by e-mail.", {
  email: required(list(email, { least: 1, distinct: true }), "To whom."),
  from: required(email, "From whom."),
  smtp: required(smtp, "Through which server."),
  on,
  quiet,
});

const program = object("notify-program", "News to a program, as JSON on standard input.", {
  exec: required(argv, "Program and arguments. No shell."),
  ...programKeys,
  on,
  quiet,
});

export const notification = variants({ webhook, email: mail, exec: program });

export const alarms = object("alarms", "When a certificate counts as expiring, by how much of its life is over.", {
  warning: filled(percentage, "85%", "From here on it is a warning. Renewal is due long before."),
  critical: filled(percentage, "95%", "From here on it is critical."),
});

export const serve = object("serve", "`certwright serve`.", {
  listen: optional(
    address({ anyHost: true }),
    "Where metrics (`/metrics`) and health (`/healthz`, `/readyz`) are served.",
    "nowhere",
  ),
  interval: filled(duration("10s", "1d"), "10m", "Longest pause between two looks at what is due."),
});

const stateOptions = object(
  "state-options",
  "How a bucket is reached. What is left out comes from the `AWS_...` variables of the environment, each also with `_FILE`; without a key there, the credentials are a web identity's, a profile's, a container's or an instance's.",
  {
    endpoint: optional(
      url("https", "http"),
      "Address of the service, where it is not Amazon's.",
      "`AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL`, else Amazon's in the region",
    ),
    region: optional(
      text({ longest: 64, pattern: /^[A-Za-z0-9-]+$/, expected: "a region such as eu-central-1" }),
      "Region of the bucket.",
      "`AWS_REGION`, else `AWS_DEFAULT_REGION`; `us-east-1` where an endpoint is given",
    ),
    accessKeyId: optional(textOrSecret, "Whose key it is.", "`AWS_ACCESS_KEY_ID`"),
    secretAccessKey: optional(secretRef, "The key.", "`AWS_SECRET_ACCESS_KEY`"),
    sessionToken: optional(secretRef, "Of temporary credentials.", "`AWS_SESSION_TOKEN`"),
  },
);

const stateLocation = parsed(text(), (value) => {
  parseStateLocation(value);
  return value;
});

export const state = object("state", "Where accounts and certificates are kept.", {
  location: optional(
    stateLocation,
    "A directory, or `s3://bucket/prefix`.",
    "`/var/lib/certwright` for root, else below the home directory",
  ),
  options: filled(stateOptions, {}, "How a bucket is reached."),
  encryptionKey: optional(
    secretRef,
    "Key that everything kept beyond this machine is encrypted with; `certwright state key` makes one.",
    "`CERTWRIGHT_STATE_KEY`, or the file named by `CERTWRIGHT_STATE_KEY_FILE`",
  ),
  formerKeys: optional(
    list(secretRef, { least: 1, most: 8 }),
    "Keys that were in use before: what they encrypted can still be read. `certwright state reseal` makes them needless.",
    "`CERTWRIGHT_STATE_FORMER_KEYS`, or the file named by `CERTWRIGHT_STATE_FORMER_KEYS_FILE`; one a line",
  ),
  unencrypted: filled(
    flag,
    false,
    "Keep private keys beyond this machine in the clear, for all who can read the bucket.",
  ),
});
