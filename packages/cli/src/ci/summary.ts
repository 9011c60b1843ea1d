import type { Explained } from "../reporter/explain.ts";
import { escapeMarkdown } from "./markdown.ts";
import { type ReportRow, type RunReport, standings } from "./run-report.ts";

/** Early versions of GitHub's runner refuse a summary of more than 128 KiB as a whole. */
const largest = 100 * 1024;
/** Characters of one reason; the log has all of it. */
const longestReason = 400;

/** What happened and why, as a table in Markdown. `shown` makes text fit to be seen. */
export function summaryOf({ rows }: Pick<RunReport, "rows">, shown: (text: string) => string): string {
  const counts = standings.flatMap((standing) => {
    const count = rows.filter((row) => row.standing === standing).length;
    return count === 0 ? [] : [`${count} ${standing}`];
  });
  const head = ["### Certificates", "", counts.length === 0 ? "There are none yet." : `${counts.join(", ")}.`, ""];
  if (rows.length === 0) return joined(head);
  const lines = [...head, "| state | certificate | until | why |", "|---|---|---|---|"];
  let size = joined(lines).length;
  for (const [index, row] of rows.entries()) {
    const line = rowLine(row, (text) => escapeMarkdown(shown(text)));
    size += Buffer.byteLength(line) + 1;
    if (size > largest) return joined([...lines, "", `And ${rows.length - index} more; the log has them all.`, ""]);
    lines.push(line);
  }
  return joined([...lines, ""]);
}

/** The same where an error ended it all. */
export function summaryOfError(
  { code, message, details = [], hint }: Explained,
  shown: (text: string) => string,
): string {
  const safe = (text: string): string => escapeMarkdown(shorten(shown(text)));
  return joined([
    "### Certificates",
    "",
    `**${safe(code)}**: ${safe(message)}`,
    "",
    ...details.slice(0, 20).map((line) => `- ${safe(line)}`),
    ...(hint === undefined ? [] : ["", safe(hint)]),
    "",
  ]);
}

function rowLine({ standing, certificate, until, why }: ReportRow, safe: (text: string) => string): string {
  return `| ${standing} | ${safe(certificate)} | ${safe(until)} | ${safe(shorten(why))} |`;
}

function shorten(text: string): string {
  return text.length > longestReason ? `${text.slice(0, longestReason - 1)}…` : text;
}

function joined(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
