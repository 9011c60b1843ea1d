import { dirname, resolve } from "node:path";
import type { CertificateSpec } from "../spec.ts";
import { type CaUrl, type ConfiguredCa, checkAuthorities } from "./check-authority.ts";
import { type CertificateHooks, checkCertificates } from "./check-certificates.ts";
import { checkProviders, type ProviderLookup } from "./check-providers.ts";
import { checkService } from "./check-service.ts";
import { type ConfiguredTarget, checkTargets } from "./check-targets.ts";
import { createChecking } from "./checking.ts";
import { ConfigError, type ConfigFault } from "./config-error.ts";
import { nowhere, type Path, showPath } from "./located.ts";
import { parseYaml } from "./parse-yaml.ts";
import { type ConfigFile, configTable } from "./table.ts";
import { bad, missing, type Reading } from "./type.ts";

/** What reading needs to know of the rest of the world. */
export interface ConfigSources {
  /** The file's path, for messages; relative paths inside start at its directory. */
  readonly file: string;
  /** Turns the short name or URL of a CA into the URL of its directory; throws what is wrong with it. */
  readonly caUrl: CaUrl;
  readonly providers: ProviderLookup;
}

/** A configuration, checked. It refers to secrets and holds none. */
export interface Config {
  readonly file: string;
  /** All that the file says, with every default filled in. */
  readonly settings: ConfigFile;
  /** Every CA some certificate can use, besides those only declared. */
  readonly cas: readonly ConfiguredCa[];
  /** In the order of the file. */
  readonly certificates: readonly CertificateSpec[];
  /** By target id, those that only this file explains: `exec:...`, `fleet:...`. */
  readonly targets: ReadonlyMap<string, ConfiguredTarget>;
  /** By certificate. */
  readonly hooks: ReadonlyMap<string, CertificateHooks>;
}

/**
 * Reads a `certwright.yaml`.
 *
 * @param text as a string or as the file's bytes
 * @throws ConfigError `CONFIG_INVALID` with every fault there is, each with line and column
 */
export function readConfig(text: string | Uint8Array, { file, caUrl, providers }: ConfigSources): Config {
  const { root, faults: syntax, brokenAt } = parseYaml(text);
  const faults: ConfigFault[] = [];
  if (root === undefined) throw new ConfigError(file, syntax);
  const settings = configTable.read(root, readingOf([], dirname(resolve(file)), faults));
  if (settings === bad) throw new ConfigError(file, [...syntax, ...faults]);
  if (brokenAt !== undefined) {
    // After a mistake in the syntax the rest may be read otherwise than it was meant.
    const sure = faults.filter(({ line, problem }) => line < brokenAt.line && problem !== missing);
    throw new ConfigError(file, [...syntax, ...sure]);
  }
  const checking = createChecking(root, settings, faults);
  checkProviders(checking, providers);
  const authorities = checkAuthorities(checking, caUrl);
  const targets = checkTargets(checking);
  const certificates = checkCertificates(checking, authorities, targets);
  checkService(checking);
  if (syntax.length + faults.length > 0) throw new ConfigError(file, [...syntax, ...faults]);
  return {
    file,
    settings,
    cas: authorities.all,
    certificates: certificates.map(({ spec }) => spec),
    targets: targets.configured,
    hooks: new Map(certificates.map(({ spec, hooks }) => [spec.name, hooks])),
  };
}

function readingOf(path: Path, directory: string, faults: ConfigFault[]): Reading {
  return {
    path,
    directory,
    at: (segment) => readingOf([...path, segment], directory, faults),
    fault: (at, problem, hint) => {
      if (at !== nowhere) faults.push({ line: at.line, column: at.column, path: showPath(path), problem, hint });
      return bad;
    },
  };
}
