/** Amazon's own address of a service in a region. Its Chinese regions are a partition of their own. */
export function amazonEndpoint(service: "s3" | "sts", region: string): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}
