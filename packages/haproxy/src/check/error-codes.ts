/** Every code of a finding of `certwright haproxy check`, with its meaning. */
export const haproxyCheckCodes = {
  HAPROXY_CHECK_NO_ADMIN_SOCKET: "No socket of HAProxy lets certificates be changed.",
  HAPROXY_CHECK_NO_TLS: "HAProxy can serve no certificate where this is said, for it does not speak TLS there.",
  HAPROXY_CHECK_LEVEL: "The socket asked is not of level admin.",
  HAPROXY_CHECK_SOCKET_PLAINTEXT: "A Runtime API listens on the network without TLS, whatever its line says of ssl.",
  HAPROXY_CHECK_SOCKET_UNASKED:
    "A Runtime API is reached over TLS by whoever likes: no client certificate is asked for.",
  HAPROXY_CHECK_SSL_IGNORED: "HAProxy ignores ssl on the lines of its Runtime API sockets.",
  HAPROXY_CHECK_SOCKET_OPEN: "An admin socket may be opened by every user of the machine.",
  HAPROXY_CHECK_FILE_OPEN: "A private key may be read by other users of the machine.",
  HAPROXY_CHECK_ACCOUNT_KEY: "An account key of HAProxy's own ACME that CAs refuse as HAProxy writes it.",
  HAPROXY_CHECK_BUFFER: "A certificate is too large, or nearly so, to be pushed through HAProxy's buffer.",
  HAPROXY_CHECK_CANNOT_ADD: "The way a certificate is referred to lets it be replaced, but none be added at run time.",
  HAPROXY_CHECK_STRICT_SNI: "A client that asks for an unknown name gets some other certificate.",
  HAPROXY_CHECK_SAME_NAME: "Two certificates answer the same name at the same place; which one is served is chance.",
  HAPROXY_CHECK_UNUSED: "HAProxy holds a certificate that nothing uses.",
  HAPROXY_CHECK_EXPIRED: "HAProxy holds a certificate whose time is over.",
  HAPROXY_CHECK_TRANSACTION: "A certificate transaction stands open and blocks every change.",
  HAPROXY_CHECK_NO_PATH: "HAProxy does not tell the full path of a certificate's file, so it cannot be kept in step.",
  HAPROXY_CHECK_NO_FILE: "The file of a certificate in memory is missing; the next reload fails or forgets it.",
  HAPROXY_CHECK_FILE_DIFFERS: "File and memory hold different certificates; the next reload brings the file's.",
  HAPROXY_CHECK_READ_ONLY: "The file of a certificate cannot be replaced by this user.",
  HAPROXY_CHECK_VERSION: "This version of HAProxy lacks something, or has a fault to be careful with.",
  HAPROXY_CHECK_NOT_READ: "Something could not be looked at, so nothing is said of it.",
} as const;

/** A stable code of a finding. */
export type HaproxyCheckCode = keyof typeof haproxyCheckCodes;
