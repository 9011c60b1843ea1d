import type { WantedCertificate } from "@certwright/core";
import { refusePlace } from "../certificate/refusals.ts";
import { describePlace } from "../push/foresee.ts";
import { placeFor, replacementOf } from "../target.ts";
import type { DataplaneTarget } from "./address.ts";
import { lookAround } from "./look.ts";
import { openApi } from "./open-api.ts";
import { findPlace } from "./place.ts";

/**
 * What a push of such a certificate would do, as far as can be told without changing anything.
 *
 * @throws HaproxyError as `pushThroughApi` does before its first change
 */
export async function foreseeThroughApi(
  target: DataplaneTarget,
  wanted: WantedCertificate,
  context: Parameters<typeof openApi>[1],
): Promise<string> {
  const desk = await openApi(target.node, context);
  try {
    const request = placeFor(target.request, wanted);
    const place = await findPlace(desk, await lookAround(desk), replacementOf(wanted), request);
    const { name, present } = place;
    const { allowFewerNames = false } = request;
    refusePlace(replacementOf(wanted), {
      node: desk.node.id,
      name,
      ...(present ? { present } : {}),
      allowFewerNames,
    });
    return describePlace(place);
  } finally {
    desk.api.close();
  }
}
