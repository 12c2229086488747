import { below } from "../answers/below.ts";
import type { ForeignRow } from "../formats/foreign-table.ts";
import type { CostAnswer, Provenance } from "../records.ts";
import type { Fits } from "./families.ts";
import type { LocalFit } from "./local-fit.ts";

/** A cost as for measured kernels, without an interval where nothing tells one; rows are named by their keys in the source. */
export type ForeignAnswer = Omit<CostAnswer, "rows" | "latency_low_s" | "latency_high_s"> &
  Partial<Pick<CostAnswer, "latency_low_s" | "latency_high_s">> & {
    readonly rows: readonly string[];
  };

/**
 * What a family's rows say of these widths, one for each of its axes: the row that has them, one of the same tread, else between
 * rows. Undefined outside of them, and where rows count something else than time.
 */
export function answerAt(fits: Fits, widths: readonly number[]): ForeignAnswer | undefined {
  const exact = fits.exact(widths);
  const between = { latency: fits.latency(widths), energy: fits.energy(widths) };
  if (exact) return answerOf(exact, "imported", between, [exact.key]);
  const tread = fits.treadMate(widths);
  if (tread) return answerOf(tread, "interpolated", between, [tread.key]);
  if (!between.latency) return undefined;
  const { cost: latency_s } = between.latency;
  const energy_j = between.energy?.cost;
  const row = { latency_s, ...(energy_j === undefined ? {} : { energy_j }) };
  return answerOf(row, "interpolated", between, []);
}

function answerOf(
  row: Pick<ForeignRow, "latency_s" | "latency_sd_s" | "samples" | "energy_j">,
  provenance: Provenance,
  between: { readonly latency: ReturnType<LocalFit>; readonly energy: ReturnType<LocalFit> },
  rows: readonly string[],
): ForeignAnswer | undefined {
  const { latency_s, latency_sd_s, samples = 1, energy_j } = row;
  if (latency_s === undefined) return undefined;
  // A row without a spread is as sure as rows like it are predictable.
  const relative =
    latency_sd_s === undefined
      ? relativeHalf(between.latency)
      : (1.96 * latency_sd_s) / Math.sqrt(samples) / latency_s;
  const [latencyLow, latencyHigh] = intervalOf(latency_s, relative);
  return {
    latency_s,
    ...(latencyLow === undefined || latencyHigh === undefined
      ? {}
      : { latency_low_s: latencyLow, latency_high_s: latencyHigh }),
    ...(energy_j === undefined ? {} : energyOf(energy_j, relativeHalf(between.energy), provenance)),
    provenance,
    rows,
  };
}

type EnergyFields = Pick<
  ForeignAnswer,
  "energy_j" | "energy_low_j" | "energy_high_j" | "energyProvenance"
>;

function energyOf(
  energy_j: number,
  relative: number | undefined,
  energyProvenance: Provenance,
): EnergyFields {
  const [low, high] = intervalOf(energy_j, relative);
  const interval =
    low === undefined || high === undefined ? {} : { energy_low_j: low, energy_high_j: high };
  return { energy_j, ...interval, energyProvenance };
}

const intervalOf = (cost: number, relative: number | undefined): readonly number[] =>
  relative === undefined ? [] : [below(cost, relative), cost * (1 + relative)];

const relativeHalf = (local: ReturnType<LocalFit>): number | undefined =>
  local && local.half / local.cost;
