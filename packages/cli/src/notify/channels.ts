import type { Config, NotificationConfig } from "@certwright/core/config";
import type { HookWorld } from "@certwright/core/hooks";
import type { Surroundings } from "../command.ts";
import type { CliContext } from "../context.ts";
import { createHookWorld } from "../parts/hook-world.ts";
import type { Channel } from "./channel.ts";

/** Every way to tell somebody that a configuration has. Each kind is loaded when there is something to tell. */
export function createChannels(config: Config, surroundings: Surroundings): readonly Channel[] {
  const world = createHookWorld(config, surroundings);
  return Object.entries(config.settings.notifications).map(([label, notification]) => ({
    label,
    on: notification.on,
    quiet: notification.quiet * 1000,
    send: sendBy(label, notification, world, surroundings.context.fetch),
  }));
}

function sendBy(
  label: string,
  notification: NotificationConfig,
  world: HookWorld,
  fetch: CliContext["fetch"],
): Channel["send"] {
  const { resolveSecret } = world;
  return async (notice, signal) => {
    if ("webhook" in notification) {
      const { webhook: url, headers = {}, timeout } = notification;
      const { postNotice } = await import("./webhook.ts");
      return await postNotice(notice, { label, url, headers, timeout }, { fetch, resolveSecret }, signal);
    }
    if ("exec" in notification) {
      return await (await import("./program.ts")).runNotice(notice, notification, label, world, signal);
    }
    return await (await import("./mail.ts")).mailNotice(notice, notification, label, resolveSecret, signal);
  };
}
