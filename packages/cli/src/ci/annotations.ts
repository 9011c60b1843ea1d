/** Something gone wrong, as GitHub shows it on the page of a run. */
export interface Annotation {
  readonly level: "error" | "warning";
  readonly title: string;
  readonly message: string;
}

/** GitHub shows no more of each level for one step. */
const mostShown = 10;

/** Annotations of a run, of which no more are kept than are shown. */
export interface Annotations {
  readonly add: (annotation: Annotation) => void;
  /** Workflow commands, one a line: errors first; of what is beyond what GitHub shows, the number. */
  readonly lines: () => readonly string[];
}

export function createAnnotations(): Annotations {
  const counts = { error: 0, warning: 0 };
  const kept: Annotation[] = [];
  return {
    add: (annotation) => {
      if (counts[annotation.level]++ < mostShown) kept.push(annotation);
    },
    lines: () =>
      (["error", "warning"] as const).flatMap((level) => {
        const all = kept.filter((annotation) => annotation.level === level);
        const rest = counts[level] - mostShown + 1;
        if (rest < 2) return all.map(command);
        const message = `${rest} more; see the job summary and the log`;
        return [...all.slice(0, -1), { level, title: "certwright", message }].map(command);
      }),
  };
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
