/** What programs need to find each other and their files, and to speak the user's language. */
const kept = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR"];

/** The environment of a program we run: nothing of ours, no credential, but what `names` adds. */
export function cleanEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly string[] = [],
): Record<string, string> {
  const wanted = new Set([...kept, ...Object.keys(env).filter((name) => name.startsWith("LC_")), ...names]);
  const clean: Record<string, string> = {};
  for (const name of wanted) {
    const value = env[name];
    if (value !== undefined) clean[name] = value;
  }
  return clean;
}
