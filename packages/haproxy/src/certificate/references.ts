import type { CrtListEntry } from "../runtime/listings.ts";

/** The certificate lists of a running HAProxy, by name. */
export type Lists = ReadonlyMap<string, readonly CrtListEntry[]>;

/** What the file system says about a list's path. */
export type PathKind = "directory" | "file" | "unknown";

/** `@store/alias` -> `store`; undefined for every other name. */
export function storeOf(name: string): string | undefined {
  return /^@([^/]*)\/./.exec(name)?.[1];
}

function kindOfList(list: string, entries: readonly CrtListEntry[], path: PathKind) {
  if (list.startsWith("@")) return "frontend";
  if (path !== "unknown") return path === "directory" ? "directory" : "crt-list";
  // The files of another machine cannot be looked at, but a directory's entries all lie in it and are bare.
  const inside = entries.every(
    (entry) => entry.certificate.startsWith(`${list}/`) && entry.options === "" && entry.filters.length === 0,
  );
  return inside && entries.length > 0 ? "directory" : "crt-list";
}

/** Whether, and how, a certificate that HAProxy does not have yet can be made live without a reload. */
export type WayToAdd =
  | { readonly kind: "directory" | "crt-list" | "frontend"; readonly list: string }
  /** HAProxy has no command for it; `reason` says why and what to configure. */
  | { readonly kind: "reload"; readonly reason: string }
  /** The request itself is wrong. */
  | { readonly kind: "wrong"; readonly reason: string }
  /** No such list. */
  | { readonly kind: "unknown" };

/** What {@link wayToAdd} decides from. */
export interface AddFacts {
  /** The list asked for, without a final slash. */
  readonly list: string;
  /** Name the certificate shall have. */
  readonly name: string;
  readonly hasOptions: boolean;
  readonly lists: Lists;
  /** Names of all certificates HAProxy holds. */
  readonly certificates: readonly string[];
  readonly pathKind: (list: string) => PathKind;
}

/** Decides how to add a certificate. */
export function wayToAdd(facts: AddFacts): WayToAdd {
  const { list, name } = facts;
  if (storeOf(name) !== undefined) {
    return {
      kind: "reload",
      reason: `${name} is an entry of a crt-store, which only the configuration can define; add "load crt FILE alias ..." to the crt-store`,
    };
  }
  const entries = facts.lists.get(list);
  if (!entries) return withoutList(facts);
  const kind = kindOfList(list, entries, facts.pathKind(list));
  if (kind === "directory") {
    const base = name.startsWith(`${list}/`) ? name.slice(list.length + 1) : "";
    if (base === "" || base.includes("/") || base.startsWith(".")) {
      return { kind: "wrong", reason: `a certificate of directory ${list} must be named ${list}/FILE` };
    }
    if (facts.hasOptions) return { kind: "wrong", reason: `an entry of directory ${list} has no options and filters` };
  }
  return { kind, list };
}

function withoutList({ list, certificates }: AddFacts): WayToAdd {
  if (certificates.includes(list)) {
    return {
      kind: "reload",
      reason: `${list} is a single certificate file; the bind line needs another "crt", or a directory or crt-list instead`,
    };
  }
  if (certificates.some((name) => name.startsWith(`${list}/`) && list.startsWith("@"))) {
    return {
      kind: "reload",
      reason: `${list} is a crt-store, which HAProxy cannot extend at run time; add to a crt-list, a directory or @frontend`,
    };
  }
  return { kind: "unknown" };
}
