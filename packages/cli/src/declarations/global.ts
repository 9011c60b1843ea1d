import { ciSystems } from "../ci/ci-system.ts";
import { choice, type FlagValues, text, toggle } from "../flags.ts";

const group = "Output and state";

/** Flags every command takes, before or after its name. */
export const globalFlags = {
  state: text("--state <where>", "where accounts and certificates are kept: a directory, or s3://bucket/prefix", {
    group,
    complete: "directory",
    shownDefault: "/var/lib/certwright for root, else $XDG_STATE_HOME/certwright",
  }),
  json: toggle("--json", "one JSON object per line: events, then the result", { group }),
  quiet: toggle("-q, --quiet", "only warnings, errors and answers", { group }),
  debug: toggle("--debug", "requests to the CA and to DNS APIs, and stack traces of errors", { group }),
  ci: choice(
    "--ci <system>",
    "also tell a CI system: github by annotations, job summary and outputs; gitlab by the file certwright.env",
    { group, shownDefault: "github where GITHUB_ACTIONS is true, else none" },
    ciSystems,
  ),
  color: toggle("--no-color", "no colours; NO_COLOR does the same", { group }),
};

export type GlobalFlags = FlagValues<typeof globalFlags>;
