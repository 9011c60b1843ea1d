/** Something gone wrong, as GitHub shows it on the page of a run. */
export interface Annotation {
  readonly level: "error" | "warning";
  readonly title: string;
  readonly message: string;
}

/** GitHub shows no more of each kind for one step. */
const mostShown = 10;

/** Workflow commands, one a line, for the annotations; beyond what GitHub shows only their number. */
export function annotationLines(annotations: readonly Annotation[]): readonly string[] {
  return (["error", "warning"] as const).flatMap((level) => {
    const all = annotations.filter((annotation) => annotation.level === level);
    if (all.length <= mostShown) return all.map(command);
    const rest = all.length - mostShown + 1;
    const more = { level, title: "certwright", message: `${rest} more; see the job summary and the log` };
    return [...all.slice(0, mostShown - 1), more].map(command);
  });
}

function command({ level, title, message }: Annotation): string {
  return `::${level} title=${escapeProperty(title)}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
