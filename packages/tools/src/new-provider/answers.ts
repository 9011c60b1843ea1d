import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";

export const shapes = ["record", "recordSet", "zone"] as const;

/** What must be known of a provider before its files can be written. */
export interface Answers {
  readonly id: string;
  readonly name: string;
  readonly website: string;
  readonly docs: string;
  readonly endpoint: string;
  readonly shape: (typeof shapes)[number];
}

const questions = {
  id: ["Id (lower-case letters, digits, hyphens)", /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/],
  name: ["The vendor's name, as the vendor spells it", /\S/],
  website: ["The vendor's home page", /^https:\/\//],
  docs: ["The API's documentation", /^https:\/\//],
  endpoint: ["The API's base URL", /^https:\/\//],
  shape: [`What the API changes: ${shapes.join(", ")}`, new RegExp(`^(?:${shapes.join("|")})$`)],
} as const;

type Key = keyof Answers;

/**
 * Reads the answers from the arguments (`ID --name ... --website ...`), and asks a person for those that are missing.
 *
 * @throws Error naming what is missing or wrong, where nobody can be asked
 */
export async function readAnswers(argv: readonly string[], isInteractive: boolean): Promise<Answers> {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { name: text, website: text, docs: text, endpoint: text, shape: text },
  });
  const given: Partial<Record<Key, string>> = {
    ...values,
    ...(positionals[0] === undefined ? {} : { id: positionals[0] }),
  };
  const missing = keys().filter((key) => given[key] === undefined);
  if (missing.length > 0 && !isInteractive)
    throw new Error(`missing: ${missing.map((key) => (key === "id" ? "the id" : `--${key}`)).join(", ")}`);
  const asked = missing.length === 0 ? {} : await ask(missing);
  const answers = { ...given, ...asked };
  for (const key of keys()) {
    if (!questions[key][1].test(answers[key] ?? ""))
      throw new Error(`${key}: ${JSON.stringify(answers[key])} will not do. ${questions[key][0]}.`);
  }
  return answers as Record<Key, string> as unknown as Answers;
}

function keys(): readonly Key[] {
  return Object.keys(questions) as Key[];
}

async function ask(missing: readonly Key[]): Promise<Partial<Record<Key, string>>> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answers: Partial<Record<Key, string>> = {};
    for (const key of missing) answers[key] = (await terminal.question(`${questions[key][0]}: `)).trim();
    return answers;
  } finally {
    terminal.close();
  }
}
