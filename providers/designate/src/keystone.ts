import { ProviderError, type Reply } from "@certwright/provider";

/** What may be known of an identity; which of it is used follows from what is there. */
export interface Identity {
  readonly username?: string;
  readonly userId?: string;
  readonly password?: string;
  readonly userDomainName?: string;
  readonly userDomainId?: string;
  readonly projectName?: string;
  readonly projectId?: string;
  readonly projectDomainName?: string;
  readonly projectDomainId?: string;
  readonly applicationCredentialId?: string;
  readonly applicationCredentialName?: string;
  readonly applicationCredentialSecret?: string;
}

const domain = (id: string | undefined, name: string | undefined) =>
  id === undefined ? { name: name ?? "Default" } : { id };

/** The body of `POST /v3/auth/tokens` (https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management). */
export function authRequest(identity: Identity): object {
  const { username, userId, password, projectName, projectId } = identity;
  const userDomain = domain(identity.userDomainId, identity.userDomainName);
  const user = userId === undefined ? { name: username, domain: userDomain } : { id: userId };
  const {
    applicationCredentialId: id,
    applicationCredentialName: name,
    applicationCredentialSecret: secret,
  } = identity;
  if (secret !== undefined) {
    const credential = id === undefined ? { name, secret, user } : { id, secret };
    // An application credential belongs to one project; naming another scope is an error.
    return { auth: { identity: { methods: ["application_credential"], application_credential: credential } } };
  }
  const projectDomain = domain(
    identity.projectDomainId ?? identity.userDomainId,
    identity.projectDomainName ?? identity.userDomainName,
  );
  const project = projectId === undefined ? { name: projectName, domain: projectDomain } : { id: projectId };
  const scope = projectId === undefined && projectName === undefined ? {} : { scope: { project } };
  return { auth: { identity: { methods: ["password"], password: { user: { ...user, password } } }, ...scope } };
}

/**
 * The address of the DNS service out of a token's catalog.
 *
 * @throws ProviderError `PROVIDER_UNSUPPORTED` where the cloud has none in that region.
 */
export function dnsAddress(token: Reply, region: string | undefined, kind: string): string {
  const services = token.listOrNone("catalog").filter((service) => service.text("type") === "dns");
  const endpoints = services.flatMap((service) => service.list("endpoints"));
  const found = endpoints.find((endpoint) => {
    const regions = [endpoint.textOrNone("region_id"), endpoint.textOrNone("region")];
    return endpoint.text("interface") === kind && (region === undefined || regions.includes(region));
  });
  if (found !== undefined) return found.text("url");
  throw new ProviderError("PROVIDER_UNSUPPORTED", "the catalog of this OpenStack cloud names no DNS service", {
    hint: "Check OS_REGION_NAME and OS_INTERFACE, and whether the cloud offers Designate.",
  });
}
