/** How far a long task is. Amounts are in whatever unit the task counts: networks, batches, bytes. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is being worked on: a layer, a network, a file. */
  readonly label: string;
  readonly elapsed_s: number;
  /** Estimated time to the end; absent until something is done. */
  readonly remaining_s?: number;
}

/** Called between steps, never during a timed region. */
export type OnProgress = (progress: Progress) => void;

/** Progress with its estimate: what remains goes on at the average rate so far. */
export function progressOf(
  label: string,
  { done, total, elapsed_s }: { done: number; total: number; elapsed_s: number },
): Progress {
  const remaining_s = done > 0 ? (elapsed_s / done) * Math.max(0, total - done) : undefined;
  return { done, total, label, elapsed_s, ...(remaining_s === undefined ? {} : { remaining_s }) };
}
