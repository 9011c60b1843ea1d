/** The version every line of `--json` tells. It grows by new keys and types; a key that is there keeps its meaning. */
export const outputVersion = 1;
