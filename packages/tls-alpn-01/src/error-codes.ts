/** Errors of the tls-alpn-01 solver and what they mean. */
export const tlsAlpnErrorCodes = {
  TLS_ALPN_PORT_IN_USE: "Another program listens on the port the challenge needs.",
  TLS_ALPN_PORT_FORBIDDEN: "The user may not listen on the port the challenge needs.",
  TLS_ALPN_LISTEN_FAILED: "The system refused to listen for the challenge.",
} as const;
