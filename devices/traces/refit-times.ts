import { linearRegression } from "simple-statistics";
import { UserError } from "../../src/errors.ts";

/** Stamps of so many samples together say what is a burst, and what a hole. */
const chunkSamples = 500;
/** A hole is longer than this many sample periods, and than bursts make stamps differ. */
const shortestHole = 20;

/**
 * Times of samples taken at a constant rate whose own stamps came in bursts: in every stretch without a hole, the straight line
 * through stamps over their numbers. Where samples are missing, stamps jump ahead for good, which no burst makes them do: there
 * a new stretch begins, at the one rate of the instrument. Throws a UserError where the stamps do not grow.
 */
export function refitTimes(stamps_s: readonly number[]): readonly number[] {
  const period_s = periodOf(stamps_s);
  if (!(period_s > 0))
    throw new UserError("The times of the trace do not grow", {
      hint: "Export it again with its time column.",
      exit: "usage",
    });
  const starts = [0, ...holes(stamps_s, period_s)];
  return starts.flatMap((start, i) => fitted(stamps_s.slice(start, starts[i + 1]), period_s));
}

/** The median over chunks of their own rates: holes spoil few of them. */
function periodOf(stamps_s: readonly number[]): number {
  const chunks = Math.max(1, Math.floor(stamps_s.length / chunkSamples));
  const size = Math.ceil(stamps_s.length / chunks);
  const slopes = Array.from({ length: chunks }, (_, i) =>
    slopeOf(stamps_s.slice(i * size, (i + 1) * size)),
  ).filter((slope) => !Number.isNaN(slope));
  return slopes.toSorted((a, b) => a - b)[slopes.length >> 1] ?? Number.NaN;
}

const slopeOf = (stamps_s: readonly number[]): number =>
  stamps_s.length < 2 ? Number.NaN : linearRegression(stamps_s.map((stamp_s, i) => [i, stamp_s])).m;

/**
 * Where stamps leave the line for good: the least that they are behind it over the chunk that follows is more than the most they
 * were over the one before.
 */
function holes(stamps_s: readonly number[], period_s: number): readonly number[] {
  const found: number[] = [];
  const late = stamps_s.map((stamp_s, i) => stamp_s - i * period_s);
  for (let i = 1; i < late.length; i++) {
    const jump_s = (late[i] ?? 0) - (late[i - 1] ?? 0);
    if (jump_s < shortestHole * period_s) continue;
    const last = found.at(-1) ?? 0;
    const before = late.slice(Math.max(last, i - chunkSamples), i);
    const after = late.slice(i, i + chunkSamples);
    if (least(after) - greatest(before) > 0.2 * jump_s) found.push(i);
  }
  return found;
}

const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
const greatest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));

/** Of a stretch too short for a rate of its own that of the instrument. */
function fitted(stamps_s: readonly number[], period_s: number): readonly number[] {
  const slope = stamps_s.length < 2 * chunkSamples ? period_s : slopeOf(stamps_s);
  const middle = (stamps_s.length - 1) / 2;
  const mean_s = stamps_s.reduce((sum, stamp_s) => sum + stamp_s, 0) / stamps_s.length;
  return stamps_s.map((_, i) => mean_s + slope * (i - middle));
}
