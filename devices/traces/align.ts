import type { RawWindow } from "../raw.ts";
import type { PowerProfile } from "./power-profile.ts";

/** What the device did in a stretch of its own time. */
export type Stretch = Pick<RawWindow, "kind" | "start_s" | "end_s">;

/** A device's clock as a trace's: straight between the stretches by which it was found. */
export interface TraceClock {
  /** On the trace's clock. */
  readonly toTrace: (device_s: number) => number;
  readonly toDevice: (trace_s: number) => number;
  /** Time of the trace less that of the device, where the stretches begin, s. */
  readonly offset_s: number;
  /** How much faster the trace's clock runs, as a fraction. */
  readonly drift: number;
  /** Share of the power's variance that is explained by whether the device worked. */
  readonly explained: number;
}

export type Aligned = TraceClock | { readonly reason: string };

/** Steps of the first search, s: shorter than a burst. */
const coarse_s = 0.1;
/** Places this near to each other are one, s. */
const near_s = 2;
/** The next best place explains less than this of what the best one does. */
const mostOfNext = 0.9;
const leastExplained = 0.1;
/** Clocks of instruments and devices are right to a few parts in ten thousand. */
const mostDrift = 1e-3;
/** So far, s, a stretch may be from where the one before it lets expect. */
const reach_s = 0.6;
const steps_s = [0.02, 2e-3, 2e-4];

/**
 * Finds where in a trace the stretches of a session are. First all of those that fit into the trace at once, by how much
 * of its power's variance they explain, which one place alone may do; then, from group to group, the begin and the end of
 * each group (its marker of bursts, or else its first and last windows), so that clocks may drift.
 */
export function alignGroups(
  profile: PowerProfile,
  groups: readonly (readonly Stretch[])[],
): readonly Aligned[] {
  const coarse = coarseOffset(profile, groups);
  if (typeof coarse !== "number") return groups.map(() => coarse);
  let expected_s = coarse;
  return groups.map((group) => {
    const aligned = alignGroup(profile, group, expected_s);
    if (!("reason" in aligned)) {
      const end_s = group.at(-1)?.end_s ?? 0;
      expected_s = aligned.toTrace(end_s) - end_s;
    }
    return aligned;
  });
}

function coarseOffset(
  profile: PowerProfile,
  groups: readonly (readonly Stretch[])[],
): number | { readonly reason: string } {
  const [first, last] = [groups[0]?.[0], groups.at(-1)?.at(-1)];
  if (!first || !last) return { reason: "there are no windows to look for" };
  const places: { readonly offset_s: number; readonly score: number }[] = [];
  const [from_s, to_s] = [profile.from_s - last.end_s, profile.to_s - first.start_s];
  for (let offset_s = from_s; offset_s < to_s; offset_s += coarse_s) {
    const inside = groups.filter((group) => isInside(profile, group, offset_s)).flat();
    if (inside.length === 0) continue;
    const covered_s = inside.reduce((sum, { start_s, end_s }) => sum + end_s - start_s, 0);
    places.push({ offset_s, score: explained(profile, inside, offset_s) * covered_s });
  }
  const best = places.reduce((a, b) => (b.score > a.score ? b : a), { offset_s: 0, score: 0 });
  if (!(best.score > 0)) return { reason: "no stretch of windows is in the trace whole" };
  const next = places
    .filter(({ offset_s }) => Math.abs(offset_s - best.offset_s) > near_s)
    .reduce((most, { score }) => Math.max(most, score), 0);
  return next > mostOfNext * best.score
    ? { reason: "the windows fit into the trace at more than one place" }
    : best.offset_s;
}

const isInside = (
  { from_s, to_s }: PowerProfile,
  group: readonly Stretch[],
  offset_s: number,
): boolean =>
  (group[0]?.start_s ?? Number.NaN) + offset_s >= from_s &&
  (group.at(-1)?.end_s ?? Number.NaN) + offset_s <= to_s;

function alignGroup(profile: PowerProfile, group: readonly Stretch[], expected_s: number): Aligned {
  const [head, tail] = [anchorOf(group), anchorOf(group.toReversed()).toReversed()];
  if (!isInside(profile, [...head, ...tail], expected_s))
    return { reason: "its windows are not in the trace whole" };
  const begin_s = refined(profile, head, expected_s);
  const end_s = refined(profile, tail, begin_s);
  const [at_s, to_s] = [middleOf(head), middleOf(tail)];
  const drift = (end_s - begin_s) / (to_s - at_s);
  // Places are told to a sample.
  const uncertain = (2 * profile.period_s) / (to_s - at_s);
  if (!(Math.abs(drift) < mostDrift + uncertain))
    return { reason: `the clocks run apart by ${(100 * drift).toFixed(2)} % within its windows` };
  const toTrace = (device_s: number): number => device_s + begin_s + drift * (device_s - at_s);
  const share = explained(profile, group, 0, toTrace);
  if (share < leastExplained)
    return { reason: "the power of the trace does not follow its windows" };
  return {
    toTrace,
    toDevice: (trace_s) => (trace_s - begin_s + drift * at_s) / (1 + drift),
    offset_s: toTrace(group[0]?.start_s ?? 0) - (group[0]?.start_s ?? 0),
    drift,
    explained: share,
  };
}

/** The marker that a group begins with, or else its first windows, at whose edges power steps. */
function anchorOf(group: readonly Stretch[]): readonly Stretch[] {
  const marked = group.findIndex(({ kind }) => kind !== "burst" && kind !== "rest");
  return group.slice(0, marked > 1 ? marked : edgeWindows);
}

const edgeWindows = 5;

const middleOf = (stretches: readonly Stretch[]): number => {
  const times_s = stretches.flatMap(({ start_s, end_s }) => [start_s, end_s]);
  return (Math.min(...times_s) + Math.max(...times_s)) / 2;
};

/** The offset near an expected one that explains most, in finer and finer steps. */
function refined(profile: PowerProfile, stretches: readonly Stretch[], expected_s: number): number {
  let best_s = expected_s;
  let within_s = reach_s;
  for (const step_s of steps_s) {
    const middle_s = best_s;
    const count = Math.round(within_s / step_s);
    const scored = Array.from({ length: 2 * count + 1 }, (_, i) => {
      const offset_s = middle_s + (i - count) * step_s;
      return { offset_s, score: explained(profile, stretches, offset_s) };
    });
    const most = scored.reduce((a, { score }) => Math.max(a, score), 0);
    // Between two samples all places explain the same: their middle.
    const best = scored.filter(({ score }) => score >= most * (1 - 1e-9));
    best_s = ((best[0]?.offset_s ?? middle_s) + (best.at(-1)?.offset_s ?? middle_s)) / 2;
    within_s = step_s;
  }
  return best_s;
}

/** Share of the power's variance between work and rest; 0 where work draws no more than rest. */
function explained(
  profile: PowerProfile,
  stretches: readonly Stretch[],
  offset_s: number,
  toTrace = (device_s: number): number => device_s + offset_s,
): number {
  const sums = { work: { time_s: 0, energy_j: 0 }, rest: { time_s: 0, energy_j: 0 } };
  let square = 0;
  for (const { kind, start_s, end_s } of stretches) {
    const [from_s, to_s] = [toTrace(start_s), toTrace(end_s)];
    const part = profile.over(from_s, to_s);
    const sum = kind === "load" || kind === "burst" ? sums.work : sums.rest;
    sum.time_s += to_s - from_s;
    sum.energy_j += part.energy_j;
    square += part.square;
  }
  const { work, rest } = sums;
  const difference_w = work.energy_j / work.time_s - rest.energy_j / rest.time_s;
  const time_s = work.time_s + rest.time_s;
  const mean_w = (work.energy_j + rest.energy_j) / time_s;
  const variance = square / time_s - mean_w * mean_w;
  if (!(difference_w > 0 && variance > 0)) return 0;
  return ((work.time_s / time_s) * (rest.time_s / time_s) * difference_w ** 2) / variance;
}
