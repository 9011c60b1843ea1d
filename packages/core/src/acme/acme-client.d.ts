// acme-client 5.4.0 types only its package entry, which loads node-forge as well; these are the parts used from within.

declare module "acme-client/src/http.js" {
  import type { KeyObject } from "node:crypto";

  interface SignedBody {
    readonly protected: string;
    readonly payload: string;
    readonly signature: string;
  }

  interface BodyOptions {
    readonly nonce?: string | null;
    readonly kid?: string | null;
  }

  class HttpClient {
    constructor(directoryUrl: string, accountKey: KeyObject, externalAccountBinding?: object);
    request(url: string, method: string, options?: object): Promise<never>;
    getJwk(): Readonly<Record<string, string>>;
    createSignedBody(url: string, payload: object | null, options?: BodyOptions): SignedBody;
    createSignedHmacBody(hmacKey: string, url: string, payload: object, options?: BodyOptions): SignedBody;
  }

  export default HttpClient;
}
