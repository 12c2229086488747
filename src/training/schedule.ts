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

/** Linear warm-up over `warmUp`, then the peak; a tenth of it from half of training on, a hundredth from three quarters on. */
export function stepSchedule(peak: number, { warmUp = 0.05 }: WarmUp = {}): Schedule {
  return (done) => {
    if (done < warmUp) return rising(peak, done, warmUp);
    return done < 0.5 ? peak : done < 0.75 ? peak / 10 : peak / 100;
  };
}

/** How a rate comes down over a training: half a cosine to 0, or the papers' two steps (Wang et al. 2019). */
export const annealings = { cosine: cosineSchedule, steps: stepSchedule } as const;
export type Annealing = keyof typeof annealings;
export const annealingNames = Object.keys(annealings);

/** Linear warm-up over `warmUp`, then the peak to the end. */
export const steadySchedule =
  (peak: number, { warmUp = 0.05 }: WarmUp = {}): Schedule =>
  (done) =>
    done < warmUp ? rising(peak, done, warmUp) : peak;

const rising = (peak: number, done: number, warmUp: number): number =>
  (peak * (done + 1e-3)) / (warmUp + 1e-3);
