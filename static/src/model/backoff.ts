// How long to wait before the next attempt: none the first time, then doubling from 250 ms with
// jitter, so that many pages do not come back in step.

const FIRST_MS = 250;
/** The longest wait after a loss. */
export const CAP_MS = 5_000;
/** The longest wait while the server said that it will be back. */
export const RESTART_CAP_MS = 1_000;

/** `attempt` counts from 0; `random` is in [0, 1). Milliseconds. */
export function delay(attempt: number, restarting: boolean, random: number): number {
  if (attempt === 0) return 0;
  const cap = restarting ? RESTART_CAP_MS : CAP_MS;
  const full = Math.min(cap, FIRST_MS * 2 ** Math.min(attempt - 1, 20));
  return Math.round(full * (0.5 + random / 2));
}
