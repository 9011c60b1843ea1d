/** Colours, or none. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly dim: (text: string) => string;
}

/** What decides about colours: the flag, NO_COLOR (no-color.org), FORCE_COLOR, and whether a terminal is there. */
export interface PaintChoice {
  readonly wanted: boolean;
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function choosePaint({ wanted, isTTY, env }: PaintChoice): Paint {
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "" && env.FORCE_COLOR !== "0";
  const refused = !wanted || (env.NO_COLOR !== undefined && env.NO_COLOR !== "") || env.TERM === "dumb";
  return !refused && (isTTY || forced) ? colours : plain;
}

const colours: Paint = { good: sgr(32, 39), bad: sgr(31, 39), warn: sgr(33, 39), strong: sgr(1, 22), dim: sgr(2, 22) };

const same = (text: string) => text;
const plain: Paint = { good: same, bad: same, warn: same, strong: same, dim: same };

/** Select Graphic Rendition (ECMA-48 8.3.117). */
function sgr(on: number, off: number): (text: string) => string {
  return (text) => `\x1b[${on}m${text}\x1b[${off}m`;
}
