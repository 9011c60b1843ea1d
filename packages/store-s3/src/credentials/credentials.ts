/** Who signs requests. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
  /** When they end, where that is known. Milliseconds since 1970. */
  readonly expires?: number;
}

/** The credentials to sign with now. Given those the service has just refused: others, where there are others by now. */
export type CredentialSource = (refused?: S3Credentials) => Promise<S3Credentials>;

/** The outside world as looking for credentials needs it. */
export interface CredentialWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home directory. */
  readonly home: string;
  /** Where STS is asked. */
  readonly region: string;
  readonly fetch: typeof globalThis.fetch;
  /** In [0, 1). */
  readonly random: () => number;
  /** Reads at most `limit` bytes and one more; undefined where there is no such file. */
  readonly readFile: (path: string, limit: number) => Promise<CredentialFile | undefined>;
  /** What a program prints. No shell, bounded in time and size. */
  readonly run: (argv: readonly [string, ...string[]]) => Promise<string>;
  /** Told of each secret when it is found, so that it is shown nowhere. */
  readonly secret: (text: string) => void;
}

export interface CredentialFile {
  readonly bytes: Uint8Array;
  /** Whether nobody but this user and root can have written it, so that programs it names may be run. */
  readonly trusted: boolean;
}

/** What a place that may have credentials came to; where it has none, what was looked for, in words. */
export type Found = { readonly credentials: S3Credentials } | { readonly lookedFor: string };
