/** Learning rate at a fraction (0 to 1) of training done. */
export type Schedule = (done: number) => number;

/** Linear warm-up over `warmUp`, then a half cosine down to 0 (Loshchilov and Hutter 2017, eq. 5, one period). */
export function cosineSchedule(peak: number, { warmUp = 0.05 } = {}): Schedule {
  return (done) => {
    if (done < warmUp) return (peak * (done + 1e-3)) / (warmUp + 1e-3);
    return (peak / 2) * (1 + Math.cos((Math.PI * (done - warmUp)) / (1 - warmUp)));
  };
}
