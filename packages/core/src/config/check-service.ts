import type { Checking } from "./checking.ts";

/** What has to agree among the settings of the service and of notifications. */
export function checkService({ settings, tell }: Checking): void {
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
