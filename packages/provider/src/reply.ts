/** A step into a document: a key of an object or an index of a list. */
export type Step = string | number;

/**
 * An API's answer, read strictly: every access states what it expects, and anything else is a `PROVIDER_BAD_ANSWER`
 * that names the path. XML arrives in the same form: elements are keys, repeated ones lists, attributes `@name`, text `#text`.
 */
export interface Reply {
  /** The raw value, for passing back unchanged. */
  readonly value: unknown;
  /** The part at this path. @throws ProviderError when it is absent. */
  at(...path: Step[]): Reply;
  /** The part at this path, or undefined when it is absent or null. */
  maybe(...path: Step[]): Reply | undefined;
  /** The list at this path; absent or null is an error. A single XML element counts as a list of one. */
  list(...path: Step[]): readonly Reply[];
  /** The list at this path; absent or null is empty. */
  listOrNone(...path: Step[]): readonly Reply[];
  /** The entries of the object at this path. */
  entries(...path: Step[]): readonly (readonly [string, Reply])[];
  /** The string at this path. */
  text(...path: Step[]): string;
  /** The string at this path, or undefined when it is absent or null. */
  textOrNone(...path: Step[]): string | undefined;
  /** The string or number at this path, as a string: for identifiers. */
  id(...path: Step[]): string;
  /** The number at this path; a numeric string counts. */
  number(...path: Step[]): number;
  /** The boolean at this path; "true", "1", 1 and their opposites count. */
  flag(...path: Step[]): boolean;
}
