/** Learning rate at a fraction (0 to 1) of training done. */
export type Schedule = (done: number) => number;

interface WarmUp {
  /** Share of training over which the rate rises linearly to its peak. */
  readonly warmUp?: number;
}

/** Linear warm-up over `warmUp`, then a half cosine down to 0 (Loshchilov and Hutter 2017, eq. 5, one period). */
export function cosineSchedule(peak: number, { warmUp = 0.05 }: WarmUp = {}): Schedule {
  return (done) => {
    if (done < warmUp) return rising(peak, done, warmUp);
    return (peak / 2) * (1 + Math.cos((Math.PI * (done - warmUp)) / (1 - warmUp)));
  };
}

/** Linear warm-up over `warmUp`, then the peak to the end. */
export const steadySchedule =
  (peak: number, { warmUp = 0.05 }: WarmUp = {}): Schedule =>
  (done) =>
    done < warmUp ? rising(peak, done, warmUp) : peak;

const rising = (peak: number, done: number, warmUp: number): number =>
  (peak * (done + 1e-3)) / (warmUp + 1e-3);
