import type { Outputs } from "./run-report.ts";

/** GitLab takes no more than 5 KB; half of that leaves room for what else a job tells. */
const longestList = 400;

/**
 * Outputs as GitHub's runner reads them. Each value stands between lines nobody can have foreseen, so that none can end
 * itself and begin another.
 *
 * @param delimiter random, different each time
 */
export function githubOutputs(outputs: Outputs, delimiter: string): string {
  return Object.entries(outputs)
    .map(([name, value]) => {
      const text = typeof value === "object" ? JSON.stringify(value) : String(value);
      if (text.split(/\r?\n/).includes(delimiter)) throw new Error("a value holds the delimiter");
      return `${name}<<${delimiter}\n${text}\n${delimiter}\n`;
    })
    .join("");
}

/**
 * Outputs as a dotenv file for GitLab, which knows no quotes: lists have commas between, and end in `...` where they
 * would be too long. The names collide with no variable that stands for a flag.
 */
export function dotenvOutputs(outputs: Outputs): string {
  return Object.entries(outputs)
    .map(([name, value]) => {
      const text = typeof value === "object" ? cut(value) : String(value);
      return `CERTWRIGHT_RESULT_${name.toUpperCase().replaceAll("-", "_")}=${text.replaceAll(/[^\x20-\x7e]/g, "")}\n`;
    })
    .join("");
}

function cut(names: readonly string[]): string {
  const whole = names.join(",");
  if (whole.length <= longestList) return whole;
  return `${whole.slice(0, whole.lastIndexOf(",", longestList - 3) + 1)}...`;
}
