import {
  type DefinedProvider,
  defineProvider,
  type HttpClient,
  path,
  type RecordShape,
  sameName,
  type TxtRecord,
} from "@certwright/provider";
import example from "../example-record.ts";

/** The calls of the record example's API, for variants of it that do one thing wrong. */
export interface RecordCalls {
  readonly api: HttpClient;
  /** The example as it should be. */
  readonly good: RecordShape;
  readonly token: string;
  readonly endpoint: string;
  /** All TXT records at the record's name, on all pages. */
  at(record: TxtRecord): Promise<readonly { readonly id: string; readonly content: string }[]>;
  post(record: TxtRecord, repeat?: boolean): Promise<string>;
  drop(record: TxtRecord, id: string): Promise<void>;
}

/** The record example with some of its functions replaced. */
export function brokenRecord(
  change: (calls: RecordCalls) => Partial<RecordShape>,
): DefinedProvider<typeof example.options> {
  return defineProvider({
    ...example,
    async create(options, ctx) {
      const api = ctx.http({ bearer: options.token });
      const good = (await example.create(options, ctx)) as RecordShape;
      const calls: RecordCalls = {
        api,
        good,
        token: options.token,
        endpoint: options.endpoint,
        async at({ zone, name }) {
          const found: { id: string; content: string }[] = [];
          const records = api.pages(path`/zones/${zone.id}/records`, {
            query: { per_page: 50 },
            items: (reply) => reply.list("records"),
            next: ({ page, count }) => (count === 50 ? { page: page + 1 } : undefined),
          });
          for await (const record of records) {
            if (record.text("type") !== "TXT" || !sameName(record.text("name"), name)) continue;
            found.push({ id: record.id("id"), content: record.text("content") });
          }
          return found;
        },
        async post({ zone, name, value, ttl }, repeat = false) {
          const body = { type: "TXT", name, content: value, ttl };
          return (await api.post(path`/zones/${zone.id}/records`, body, { repeat })).id("id");
        },
        async drop({ zone }, id) {
          await api.delete(path`/zones/${zone.id}/records/${id}`, { absent: null });
        },
      };
      return { ...good, ...change(calls) };
    },
  });
}
