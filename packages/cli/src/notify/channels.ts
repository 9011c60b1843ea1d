import type { Emit } from "@certwright/core";
import type { Config, NotificationConfig } from "@certwright/core/config";
import type { CliContext } from "../context.ts";
import { createHookWorld } from "../parts/hook-world.ts";
import type { Secrets } from "../reporter/secrets.ts";
import type { Channel, Notice } from "./channel.ts";

/** What channels are made of. */
export interface ChannelSurroundings {
  readonly context: CliContext;
  readonly secrets: Secrets;
  readonly emit: Emit;
}

/** Every way to tell somebody that a configuration has. Each kind is loaded when there is something to tell. */
export function createChannels(config: Config, surroundings: ChannelSurroundings): readonly Channel[] {
  return Object.entries(config.settings.notifications).map(([label, notification]) => ({
    label,
    on: notification.on,
    quiet: notification.quiet * 1000,
    send: (notice, signal) => send(notice, label, notification, config, surroundings, signal),
  }));
}

async function send(
  notice: Notice,
  label: string,
  notification: NotificationConfig,
  config: Config,
  surroundings: ChannelSurroundings,
  signal: AbortSignal,
): Promise<void> {
  const world = createHookWorld(config, surroundings);
  const { resolveSecret } = world;
  if ("webhook" in notification) {
    const { webhook: url, headers = {}, timeout } = notification;
    const { postNotice } = await import("./webhook.ts");
    const { fetch } = surroundings.context;
    return await postNotice(notice, { label, url, headers, timeout }, { fetch, resolveSecret }, signal);
  }
  if ("exec" in notification) {
    return await (await import("./program.ts")).runNotice(notice, notification, label, world, signal);
  }
  return await (await import("./mail.ts")).mailNotice(notice, notification, label, resolveSecret, signal);
}
