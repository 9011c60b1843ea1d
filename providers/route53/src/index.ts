import type {
  Change,
  ListHostedZonesByNameRequest,
  ListHostedZonesByNameResponse,
  ResourceRecordSet,
} from "@aws-sdk/client-route-53";
import {
  defineProvider,
  quote,
  type SdkFailure,
  sameName,
  type TxtRecordSet,
  unquote,
  type Zone,
} from "@certwright/provider";
import { requestHandler } from "./request-handler.ts";

const endpoint = "https://route53.amazonaws.com";

/** Errors whose name says more than their status: https://docs.aws.amazon.com/Route53/latest/APIReference/CommonErrors.html */
const codes: Readonly<Record<string, SdkFailure["code"]>> = {
  CredentialsProviderError: "PROVIDER_AUTH",
  ExpiredToken: "PROVIDER_AUTH",
  IncompleteSignature: "PROVIDER_AUTH",
  InvalidClientTokenId: "PROVIDER_AUTH",
  MissingAuthenticationToken: "PROVIDER_AUTH",
  SignatureDoesNotMatch: "PROVIDER_AUTH",
  InvalidChangeBatch: "PROVIDER_CONFLICT",
  PriorRequestNotComplete: "PROVIDER_RATE_LIMITED",
  Throttling: "PROVIDER_RATE_LIMITED",
  ThrottlingException: "PROVIDER_RATE_LIMITED",
};

interface AwsError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

function explain(error: unknown): SdkFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message, $metadata, $response } = error as AwsError;
  const status = $metadata?.httpStatusCode;
  const code = status === 429 ? undefined : codes[name];
  if (status === undefined && code === undefined) return undefined;
  return { status, message: message || name, retryAfter: $response?.headers?.["retry-after"], code };
}

export default defineProvider({
  id: "route53",
  name: "Amazon Route 53",
  aliases: ["aws"],
  website: "https://aws.amazon.com/route53/",
  docs: "https://docs.aws.amazon.com/Route53/latest/APIReference/API_Operations_Amazon_Route_53.html",
  endpoint,
  endpointEnv: ["AWS_ENDPOINT_URL_ROUTE_53"],
  hosts: ["route53.amazonaws.com.cn", "route53.us-gov.amazonaws.com"],
  options: {
    accessKeyId: {
      description: "Access key id; without it, the SDK's own chain: profile, web identity, container, instance",
      env: ["AWS_ACCESS_KEY_ID"],
      optional: true,
    },
    secretAccessKey: { description: "Secret access key", env: ["AWS_SECRET_ACCESS_KEY"], secret: true, optional: true },
    sessionToken: {
      description: "Token of temporary credentials",
      env: ["AWS_SESSION_TOKEN"],
      secret: true,
      optional: true,
    },
    region: { description: "Region, which only chooses the partition", env: ["AWS_REGION"], default: "us-east-1" },
    hostedZoneId: { description: "Id of the only zone to use", env: ["AWS_HOSTED_ZONE_ID"], optional: true },
    privateZone: {
      description: "Whether to use private zones, in place of public ones",
      env: ["AWS_PRIVATE_ZONE"],
      type: "boolean",
      default: false,
    },
  },
  traits: { granularity: "recordSet", concurrency: "zone", minTtl: 1, propagation: 60 },
  permissions:
    "route53:ListHostedZonesByName; route53:ListResourceRecordSets and route53:ChangeResourceRecordSets (for TXT) on the zone; route53:GetChange.",
  tested: { by: "emulator", against: "moto 5.1.18 and @aws-sdk/client-route-53 3.1169.0", on: "2026-11-24" },
  async create(options, { fetch, sdk }) {
    const { accessKeyId, secretAccessKey, sessionToken, region, hostedZoneId, privateZone } = options;
    const { Route53 } = await import("@aws-sdk/client-route-53");
    const api = new Route53({
      region,
      maxAttempts: 1,
      requestHandler: requestHandler(fetch),
      // Left out where it is AWS's own: the SDK then knows each partition's endpoint and the region to sign for.
      ...(options.endpoint === endpoint ? {} : { endpoint: options.endpoint }),
      ...(accessKeyId && secretAccessKey
        ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } }
        : {}),
    });
    const calls = sdk(explain);
    /** Changes by zone that were not in sync yet when last looked at. */
    const pending = new Map<string, Set<string>>();

    async function find({ zone, fqdn }: TxtRecordSet): Promise<ResourceRecordSet | undefined> {
      const start = {
        HostedZoneId: zone.id,
        StartRecordName: `${fqdn}.`,
        StartRecordType: "TXT" as const,
        MaxItems: 1,
      };
      const { ResourceRecordSets = [] } = await calls.read(() => api.listResourceRecordSets(start));
      return ResourceRecordSets.find(({ Name = "", Type }) => Type === "TXT" && sameName(Name, fqdn));
    }

    type Write = { readonly set: TxtRecordSet; readonly values: readonly string[] };

    /** A set is deleted by naming it exactly as it is. */
    async function change({ set, values }: Write): Promise<Change[]> {
      if (values.length === 0) {
        const known = await find(set);
        return known === undefined ? [] : [{ Action: "DELETE", ResourceRecordSet: known }];
      }
      const ResourceRecords = values.map((value) => ({ Value: quote(value) }));
      const wanted = { Name: `${set.fqdn}.`, Type: "TXT" as const, TTL: set.ttl, ResourceRecords };
      return [{ Action: "UPSERT", ResourceRecordSet: wanted }];
    }

    async function setAll(zone: Zone, sets: readonly Write[]): Promise<void> {
      const Changes: Change[] = [];
      for (const one of sets) Changes.push(...(await change(one)));
      if (Changes.length === 0) return;
      const batch = { HostedZoneId: zone.id, ChangeBatch: { Changes } };
      const { ChangeInfo } = await calls.write(() => api.changeResourceRecordSets(batch));
      if (ChangeInfo?.Id !== undefined) pending.set(zone.id, (pending.get(zone.id) ?? new Set()).add(ChangeInfo.Id));
    }

    async function* zonesNamed(name: string) {
      let from: ListHostedZonesByNameRequest | undefined = { DNSName: name };
      while (from !== undefined) {
        const start: ListHostedZonesByNameRequest = { ...from, MaxItems: 100 };
        const page: ListHostedZonesByNameResponse = await calls.read(() => api.listHostedZonesByName(start));
        const zones = (page.HostedZones ?? []).filter((zone) => sameName(zone.Name ?? "", name));
        for (const { Name = "", Id = "", Config } of zones)
          if ((Config?.PrivateZone ?? false) === privateZone) yield { name: Name, id: idOf(Id) };
        const { IsTruncated, NextDNSName = "", NextHostedZoneId = "" } = page;
        const goesOn = IsTruncated && sameName(NextDNSName, name);
        from = goesOn ? { DNSName: NextDNSName, HostedZoneId: NextHostedZoneId } : undefined;
      }
    }

    return {
      async *zones(candidates) {
        if (hostedZoneId !== undefined) {
          const { HostedZone } = await calls.read(() => api.getHostedZone({ Id: hostedZoneId }));
          return void (yield { name: HostedZone?.Name ?? "", id: hostedZoneId });
        }
        for (const name of candidates) {
          let isThere = false;
          for await (const zone of zonesNamed(name)) {
            isThere = true;
            yield zone;
          }
          if (isThere) return;
        }
      },
      async get(set) {
        return ((await find(set))?.ResourceRecords ?? []).map(({ Value = "" }) => unquote(Value));
      },
      set: (set, values) => setAll(set.zone, [{ set, values }]),
      setAll,
      async inSync(zone) {
        const open = pending.get(zone.id) ?? new Set();
        for (const Id of open) {
          const { ChangeInfo } = await calls.read(() => api.getChange({ Id }));
          if (ChangeInfo?.Status === "INSYNC") open.delete(Id);
        }
        return open.size === 0;
      },
    };
  },
});

/** Ids in answers have the API's path in front: `/hostedzone/Z123`. */
const idOf = (id: string): string => id.replace(/^.*\//, "");
