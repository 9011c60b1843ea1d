import type { CliContext } from "../context.ts";

/** CI systems that are told more than a log and an exit code. */
export const ciSystems = ["github", "gitlab", "none"] as const;
export type CiSystem = (typeof ciSystems)[number];

/** The one asked for, else GitHub where its runner says it is there (as those of Gitea and Forgejo do). */
export function ciSystemOf(asked: CiSystem | undefined, { env }: Pick<CliContext, "env">): CiSystem {
  return asked ?? (env.GITHUB_ACTIONS === "true" ? "github" : "none");
}
