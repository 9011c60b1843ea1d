/** How patient to be with others. Milliseconds. */
export interface Patience {
  /** How long to wait for the transaction slot. */
  readonly busyTimeout: number;
  /** How long somebody else's transaction may stand untouched before it is aborted. Infinity: for ever. */
  readonly staleAfter: number;
}
