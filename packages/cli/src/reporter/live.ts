import type { Output } from "../context.ts";
import { drawActivity, follow, idle } from "./activity.ts";
import { isWanted, linesOf } from "./plain.ts";
import { type Reporter, type ReporterSetup, shown, writeError, writeLines, writeStacks } from "./reporter.ts";
import { cut } from "./width.ts";
import { type Said, say } from "./words.ts";

/** How often the live lines are drawn anew. */
const drawMs = 100;

/**
 * Steps for a person who looks on: what is done stays above, what goes on is drawn anew below it. The drawing begins
 * with the first event and ends with the result, so that commands without steps print their answer alone.
 */
export function createLiveReporter(setup: ReporterSetup): Reporter {
  const { context } = setup;
  const show = createRegion(context.stdout);
  let activity = idle;
  let tick = 0;
  let stopDrawing: (() => void) | undefined;
  const draw = (above: readonly string[] = []) => {
    const lines = drawActivity(activity, context.now(), tick, context.stdout);
    show(
      above,
      lines.map((line) => setup.paint.dim(cut(shown(line, setup), context.stdout.columns - 1))),
    );
  };
  const end = () => {
    stopDrawing?.();
    show([], []);
  };
  return {
    emit: (event) => {
      stopDrawing ??= context.every(drawMs, () => {
        tick++;
        draw();
      });
      activity = follow(activity, event, context.now());
      const said = say(event).filter((saying) => saying.tone !== "detail" && isWanted(saying, setup));
      draw(said.flatMap((saying) => marked(saying, setup)));
    },
    finish: ({ lines, errors }) => {
      end();
      writeLines(lines, setup);
      writeStacks(errors, setup);
    },
    fail: (error) => {
      end();
      return writeError(error, setup);
    },
  };
}

/** A step with the mark that says how it went; the hint below, indented. */
function marked(said: Said, setup: ReporterSetup): readonly string[] {
  const { paint } = setup;
  const [first = "", ...rest] = linesOf(said, paint, setup);
  const mark = said.tone === "good" ? paint.good("✓") : said.tone === "bad" ? paint.bad("✗") : paint.dim("·");
  return [`${mark} ${first}`, ...rest.map((line) => `  ${line}`)];
}

/** The lines at the bottom of the screen that are drawn over and over. */
function createRegion(output: Output) {
  let drawn: readonly string[] = [];
  /** Prints lines that stay, and draws the others below them. */
  return (above: readonly string[], lines: readonly string[]) => {
    if (above.length === 0 && lines.join("\n") === drawn.join("\n")) return;
    const erase = drawn.length === 0 ? "" : `\x1b[${drawn.length}A\x1b[0J`;
    output.write(`${erase}${[...above, ...lines].map((line) => `${line}\n`).join("")}`);
    drawn = lines;
  };
}
