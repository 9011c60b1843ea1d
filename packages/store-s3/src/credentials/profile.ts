import { join } from "node:path";
import { StoreError } from "@certwright/core/store";
import { splitCommandLine } from "./command-line.ts";
import type { CredentialWorld, Found, S3Credentials } from "./credentials.ts";
import { iniSection } from "./ini.ts";
import { readCredentials, readCredentialsJson } from "./read-credentials.ts";
import { readTokenFile, variable } from "./variables.ts";
import { assumeRole } from "./web-identity.ts";

/** Bytes; there are people with hundreds of profiles. */
const largestFile = 1024 * 1024;

/** What one file, or both together, say of a profile. */
interface Profile {
  readonly name: string;
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Whether a program it names may be run. */
  readonly trusted: boolean;
}

/**
 * The profile of `AWS_PROFILE`, else `default`, in the files that AWS's tools share: keys, a role taken by a token in a
 * file, or a program that prints credentials.
 *
 * @throws StoreError `STORE_OPTIONS` for a profile that needs more than these, and what those bring
 */
export async function sharedProfile(world: CredentialWorld): Promise<Found> {
  const named = variable(world, "AWS_PROFILE");
  const name = named ?? "default";
  const credentialsFile = variable(world, "AWS_SHARED_CREDENTIALS_FILE") ?? join(world.home, ".aws/credentials");
  const configFile = variable(world, "AWS_CONFIG_FILE") ?? join(world.home, ".aws/config");
  const found = [
    await readProfile(world, configFile, name, (section) => nameInConfig(section) === name),
    await readProfile(world, credentialsFile, name, (section) => section === name),
  ].filter((part) => part !== undefined);
  // What the file of credentials says comes before what the other says.
  const profile: Profile = {
    name,
    values: Object.assign({}, ...found.map(({ values }) => values)),
    trusted: found.every(({ trusted }) => trusted),
  };
  const credentials = await credentialsOf(profile, world);
  if (credentials !== undefined) return { credentials };
  const lookedFor = `the profile ${name} in ${credentialsFile} or ${configFile}`;
  if (named === undefined) return { lookedFor };
  const what = found.length === 0 ? "is nothing" : "are no credentials";
  throw new StoreError("STORE_OPTIONS", `there ${what} of ${lookedFor}`, {
    hint: "AWS_PROFILE names it: correct or unset it.",
  });
}

/** `[default]` and `[profile name]`, the name quoted where it has blanks; other sections are no profiles. */
function nameInConfig(section: string): string | undefined {
  const [, quoted, bare] = /^profile\s+(?:"(.*)"|(.*))$/.exec(section) ?? [];
  return quoted ?? bare ?? (section === "default" ? section : undefined);
}

async function readProfile(
  world: CredentialWorld,
  path: string,
  name: string,
  isWanted: (section: string) => boolean,
): Promise<Profile | undefined> {
  const file = await world.readFile(path, largestFile);
  if (file === undefined) return undefined;
  if (file.bytes.length > largestFile) throw unusable(name, `${path} is larger than 1 MiB`);
  const section = iniSection(Buffer.from(file.bytes).toString("utf8"), isWanted);
  if (section === undefined) return undefined;
  if (section.unreadable !== undefined) throw unusable(name, `line ${section.unreadable} of ${path} cannot be read`);
  return { name, values: section.values, trusted: file.trusted };
}

async function credentialsOf(profile: Profile, world: CredentialWorld): Promise<S3Credentials | undefined> {
  const { name, values } = profile;
  if (values.role_arn !== undefined) {
    if (values.web_identity_token_file === undefined) throw unusable(name, "it takes a role by another credential");
    const token = await readTokenFile(world, values.web_identity_token_file);
    return await assumeRole(world, { roleArn: values.role_arn, sessionName: values.role_session_name, token });
  }
  if (values.aws_access_key_id !== undefined || values.aws_secret_access_key !== undefined) {
    const answer = {
      AccessKeyId: values.aws_access_key_id,
      SecretAccessKey: values.aws_secret_access_key,
      SessionToken: values.aws_session_token,
    };
    return readCredentials(answer, { who: `the profile ${name}`, token: "SessionToken", lasting: true }, world);
  }
  if (values.credential_process !== undefined) return await fromProgram(profile, values.credential_process, world);
  const beyond = Object.keys(values).find((key) => /^(source_profile|credential_source|login_session|sso_)/.test(key));
  if (beyond !== undefined) throw unusable(name, `${beyond} is not read here`);
  return undefined;
}

async function fromProgram({ name, trusted }: Profile, line: string, world: CredentialWorld): Promise<S3Credentials> {
  if (!trusted) throw unusable(name, "it names a program, and others can change the file");
  const argv = splitCommandLine(line);
  if (argv === undefined) throw unusable(name, "its credential_process needs a shell, and none is used here");
  const who = `the program ${argv[0]} of the profile ${name}`;
  return readCredentialsJson(await world.run(argv), { who, token: "SessionToken", lasting: true }, world);
}

function unusable(name: string, what: string): StoreError {
  return new StoreError("STORE_OPTIONS", `the profile ${name} cannot be used: ${what}`, {
    hint: `Correct it; or let AWS's own command do it, in another profile: credential_process = aws configure export-credentials --profile ${name} --format process`,
  });
}
