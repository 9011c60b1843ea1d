import { type ProviderContext, type RecordShape, reply } from "@certwright/provider";
import { expect, test } from "vitest";
import provider from "./index.ts";

const zone = { name: "duckdns.org", id: "duckdns.org" };
const record = (name: string, value: string) => ({ zone, name, fqdn: `${name}.duckdns.org`, value, ttl: 60 });

async function open() {
  const asked: string[] = [];
  const get = async (_to: string, { query }: { query: { domains: string; txt: string; clear: boolean } }) => {
    asked.push(`${query.domains} ${query.txt} ${query.clear}`);
    return reply("OK");
  };
  const context = { http: () => ({ get }) } as unknown as ProviderContext;
  const shape = (await provider.create({ token: "t", endpoint: provider.endpoint ?? "" }, context)) as RecordShape;
  return { shape, asked };
}

test("the domain is the label before duckdns.org, each asked once", async () => {
  const { shape, asked } = await open();
  const records = [record("_acme-challenge.a", "x"), record("_acme-challenge.www.b", "y"), record("b", "y")];
  await shape.addAll?.(zone, records);
  await shape.removeAll?.(zone, records);
  expect(asked).toEqual([
    "a.duckdns.org x false",
    "b.duckdns.org y false",
    "a.duckdns.org  true",
    "b.duckdns.org  true",
  ]);
});

test("two values of one domain are refused before anything is sent", async () => {
  const { shape, asked } = await open();
  const records = [record("_acme-challenge.x.a", "x"), record("_acme-challenge.y.a", "y")];
  await expect(shape.addAll?.(zone, records)).rejects.toMatchObject({ code: "PROVIDER_QUOTA" });
  expect(asked).toEqual([]);
});
