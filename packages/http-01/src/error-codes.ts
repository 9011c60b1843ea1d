/** Errors of the http-01 solver and what they mean. */
export const httpErrorCodes = {
  HTTP_PORT_IN_USE: "Another program listens on the port the challenge needs.",
  HTTP_PORT_FORBIDDEN: "The user may not listen on the port the challenge needs.",
  HTTP_LISTEN_FAILED: "The system refused to listen for the challenge.",
  HTTP_WEBROOT: "The directory of the web server cannot be written to.",
  HTTP_SELF_CHECK_WRONG: "The challenge's URL answers, and not with what the CA expects.",
  HTTP_SELF_CHECK_UNKNOWN:
    "Warning: the challenge's URL could not be looked at from this machine; the CA is asked all the same.",
  HTTP_TOKEN: "The CA sent a token that breaks the grammar of RFC 8555.",
} as const;
