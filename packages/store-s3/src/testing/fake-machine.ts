import type { CredentialWorld } from "../credentials/credentials.ts";

/** One request that is to come, and its answer. */
export interface Expected {
  readonly request: string;
  /** Headers it must have, and any others that it must not: `undefined`. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** The form it must send. */
  readonly form?: Readonly<Record<string, string>>;
  /** Left out: the connection is refused. */
  readonly answer?: { readonly status?: number; readonly body: string };
}

export interface Machine {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Files others can write to. */
  readonly open?: readonly string[];
  /** What programs print, by their arguments in JSON. */
  readonly programs?: Readonly<Record<string, string>>;
  readonly requests?: readonly Expected[];
}

/** A machine that has this and nothing else: another request or program fails, and `done` where one did not come. */
export function fakeMachine({ env = {}, files = {}, open = [], programs = {}, requests = [] }: Machine) {
  const left = [...requests];
  const secrets: string[] = [];
  const world: CredentialWorld = {
    ...{ env, home: "/home/u", region: "eu-west-1", random: () => 0 },
    fetch: async (input, init) => {
      const request = `${init?.method ?? "GET"} ${input}`;
      const expected = left.shift();
      if (expected?.request !== request) throw new Error(`unexpected: ${request}`);
      const headers = new Headers(init?.headers);
      for (const [name, value] of Object.entries(expected.headers ?? {})) {
        if ((headers.get(name) ?? undefined) !== value) throw new Error(`${request} has ${name}: ${headers.get(name)}`);
      }
      if (init?.redirect !== "manual" || init.signal == null) throw new Error(`${request} has no limits`);
      const form = Object.fromEntries(new URLSearchParams(String(init.body ?? "")));
      if (JSON.stringify(form) !== JSON.stringify(expected.form ?? {}))
        throw new Error(`${request} sends another form`);
      if (expected.answer === undefined) throw new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") });
      return new Response(expected.answer.body, { status: expected.answer.status ?? 200 });
    },
    readFile: async (path) => {
      const text = files[path];
      return text === undefined ? undefined : { bytes: Buffer.from(text), trusted: !open.includes(path) };
    },
    run: async (argv) => {
      const printed = programs[JSON.stringify(argv)];
      if (printed === undefined) throw new Error(`unexpected program ${argv}`);
      return printed;
    },
    secret: (text) => secrets.push(text),
  };
  return {
    world,
    secrets,
    /** Requests that have not come. */
    left: () => left.map(({ request }) => request),
  };
}
