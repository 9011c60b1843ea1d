import type { OptionsSchema, RunResult } from "@certwright/provider";
import type { FakeApi } from "./fake-api.ts";
import type { FakeDns } from "./fake-dns.ts";
import type { GivenOptions } from "./secrets.ts";

/** A test runner's `test(name, body)`: vitest's, node:test's, or any other's. */
export type TestFunction = (name: string, body: () => Promise<void>) => unknown;

/** A program as the fake runs it: reads or changes the state, and says how it ended (default: exit code 0, no output). */
export type FakeProgram = (
  call: {
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly stdin: string;
  },
  dns: FakeDns,
  // biome-ignore lint/suspicious/noConfusingVoidType: a program that went well need not say so
) => Partial<RunResult> | undefined | void;

/** A person as the fake asks them: reads the message and does what it says, or throws when they cannot. */
export type FakePerson = (message: string, dns: FakeDns) => void;

/** A fake server of another protocol, started for one case over its state. */
export interface FakeService {
  /** Options that lead the provider to it. */
  readonly options: GivenOptions;
  close(): Promise<void>;
}

/** A real zone on a real server, set up with exactly `foreignRecords` (besides SOA and NS). */
export interface LiveBackend {
  /** Options that lead the provider to it. */
  readonly options?: GivenOptions;
  /** The zone's name. */
  readonly zone: string;
  /** Its id, where the provider needs one and does not list zones. Default: the name. */
  readonly zoneId?: string;
  /** The TXT values at a whole name as its server answers them now. */
  read(fqdn: string): Promise<readonly string[]>;
  /** Every record of the zone, one line each, to see that nothing is left; leave out where the server cannot list it. */
  dump?(): Promise<readonly string[]>;
  /** Called after the last case. */
  close?(): Promise<void>;
}

/** What a provider's test says. One of `api`, `run`, `ask`, `serve` and `live` is the other side. */
export interface ConformanceSpec<O extends OptionsSchema = OptionsSchema> {
  readonly test: TestFunction;
  /** Option values, where the kit's own (planted secrets, examples, defaults) will not do: keys with a form, regions. */
  readonly options?: GivenOptions;
  /** Options with wrong credentials, where exchanging letters of the secrets breaks their form. */
  readonly wrong?: GivenOptions;
  /** The API's routes; a function is called once per case, for APIs with state of their own (sessions). */
  readonly api?: FakeApi<O> | ((dns: FakeDns) => FakeApi<O>);
  readonly run?: FakeProgram;
  readonly ask?: FakePerson;
  /** For protocols other than HTTP: starts a server over the state on loopback. */
  readonly serve?: (dns: FakeDns) => Promise<FakeService>;
  /** A real server, started before the first case and closed after the last. */
  readonly live?: () => Promise<LiveBackend>;
}
