/*
 * What a node agent and its clients say to each other: one JSON object a line, in both directions, over TLS 1.3 with
 * a certificate on either side. The version is the application protocol of TLS, so that two that do not understand
 * each other part before a word is said. `ask.ts` and `answer.ts` have the grammar.
 */

/** TLS as both sides want it. */
export const agentTls = { minVersion: "TLSv1.3", ALPNProtocols: ["certwright-node/1"] } as const;

/** Longest line of either side in bytes. A chain with a large RSA key has about 10 000. */
export const longestLine = 256 * 1024;

/** How many requests of one client may be under way. */
export const mostAhead = 1_000;

/** Milliseconds between two signs of life while an answer is due. */
export const beatEvery = 5_000;
