import type { Clock } from "../../clock.ts";

/** The browser's monotonic clock, which steps by 5 µs where the page is isolated and by 100 µs or more elsewhere. */
export function browserClock(): Clock {
  const now_s = (): number => performance.now() / 1000;
  return {
    now_s,
    timestamp: () => new Date().toISOString(),
    sleep: (duration_s) => new Promise((resolve) => setTimeout(resolve, duration_s * 1000)),
    spin: async (duration_s) => {
      const end_s = now_s() + duration_s;
      while (now_s() < end_s);
    },
    every: (period_s, tick) => {
      const timer = setInterval(tick, period_s * 1000);
      return () => clearInterval(timer);
    },
    step_s: clockStep(now_s),
  };
}

const changes = 50;

/** The smallest difference between two readings that differ. */
function clockStep(now_s: () => number): number {
  let least_s = Number.POSITIVE_INFINITY;
  for (let change = 0; change < changes; change++) {
    const start_s = now_s();
    let next_s = start_s;
    while (next_s === start_s) next_s = now_s();
    least_s = Math.min(least_s, next_s - start_s);
  }
  return least_s;
}
