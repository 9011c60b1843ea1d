import { parseStateLocation } from "../store/location.ts";
import type { Checking } from "./checking.ts";

/** What has to agree among the settings of the service and of notifications. */
export function checkService(checking: Checking): void {
  const { settings, tell } = checking;
  checkState(checking);
  const { alarms, notifications } = settings;
  if (alarms.warning >= alarms.critical) {
    tell(["alarms"], "warns later than it is critical", "Make warning the smaller one.", "key");
  }
  for (const [label, notification] of Object.entries(notifications)) {
    if ("email" in notification) {
      const { user, password } = notification.smtp;
      if ((user === undefined) !== (password === undefined)) {
        tell(["notifications", label, "smtp"], "needs user and password together", "Give both, or neither.");
      }
    }
    if ("webhook" in notification && typeof notification.webhook === "string") {
      const url = URL.parse(notification.webhook);
      const isLocal = url !== null && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
      if (
        url === null ||
        !(url.protocol === "https:" || (url.protocol === "http:" && isLocal)) ||
        url.username !== "" ||
        url.password !== ""
      ) {
        // Not shown: it may hold a token.
        tell(
          ["notifications", label, "webhook"],
          "is no https: URL without credentials",
          "Write https://..., or a reference where the URL is a secret.",
        );
      }
    }
  }
}

/** What is said of a bucket has no use for a directory, and would make people believe that it is encrypted. */
function checkState({ settings: { state }, tell }: Checking): void {
  const { location = "", options, encryptionKey, formerKeys, unencrypted } = state;
  const hint = "Leave it out, or keep the state at s3://bucket/prefix.";
  if (parseStateLocation(location).kind === "directory") {
    const problem = "is of no use to state in a directory";
    if (Object.keys(options).length > 0) tell(["state", "options"], problem, hint, "key");
    if (encryptionKey !== undefined) tell(["state", "encryptionKey"], problem, hint, "key");
    if (formerKeys !== undefined) tell(["state", "formerKeys"], problem, hint, "key");
    if (unencrypted) tell(["state", "unencrypted"], problem, hint, "key");
    return;
  }
  if (unencrypted && encryptionKey !== undefined) {
    tell(["state", "unencrypted"], "contradicts encryptionKey", "Keep one of them.", "key");
  }
}
