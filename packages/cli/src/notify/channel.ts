import type { Audience, News } from "@certwright/core";

/** What is sent: the news, with what tells one machine's from another's. Its `version` grows when a key changes its meaning. */
export interface Notice extends News {
  readonly version: 1;
  /** ISO 8601. */
  readonly time: string;
  readonly host: string;
  /** The message again, under the name that chat services show. */
  readonly text: string;
}

/** A way to tell somebody. */
export interface Channel extends Audience {
  /** @throws where it could not be delivered; trying again may help */
  send(notice: Notice, signal: AbortSignal): Promise<void>;
}
