import { median } from "../../src/statistics.ts";
import { formatPercent } from "../../src/units.ts";
import type { ForeignRow } from "../formats/foreign-table.ts";
import { type Look, warnOf } from "./defect.ts";

/** Whether any cost of the row is one that nothing can have. */
export const costsNothing = ({ latency_s, energy_j, work }: ForeignRow): boolean =>
  [latency_s, energy_j, work].some((cost) => cost !== undefined && !(cost > 0));

/** Extrapolation below the smallest measured width gives such numbers. */
export const notPositive: Look = ({ table: { rows } }) =>
  warnOf("not positive", rows.filter(costsNothing), (n) => `${n} rows cost nothing or less`).map(
    (defect) => ({ ...defect, severity: "error" }),
  );

const fewestTimes = 10;

/** Steps of a millisecond or microsecond in every row: the source rounded. */
export const rounded: Look = ({ table: { rows } }) => {
  const timed = rows.filter(({ latency_s }) => latency_s !== undefined);
  const times = timed.map(({ latency_s = 0 }) => latency_s);
  if (times.length < fewestTimes) return [];
  const units = [
    ["ms", 1e3],
    ["µs", 1e6],
  ] as const;
  const found = units.find(([, factor]) =>
    times.every((time_s) => Math.abs(time_s * factor - Math.round(time_s * factor)) < 1e-6),
  );
  if (!found) return [];
  const [unit, factor] = found;
  const step = 1 / factor / (median(times) || 1);
  if (step <= 0.005) return [];
  return warnOf(
    "rounded",
    timed,
    () => `every latency is a whole number of ${unit}: ${formatPercent(step)} of a typical one`,
  );
};

const fewestSamples = 5;

export const fewSamples: Look = ({ table: { rows } }) =>
  warnOf(
    "few samples",
    rows.filter(({ samples }) => samples !== undefined && samples < fewestSamples),
    (n) => `${n} rows rest on fewer than ${fewestSamples} runs`,
  );

export const wideSpread: Look = ({ table: { rows } }) =>
  warnOf(
    "wide spread",
    rows.filter(({ latency_s = 0, latency_sd_s = 0 }) => latency_sd_s > 0.3 * Math.abs(latency_s)),
    (n) => `${n} rows spread by more than 30 % of their mean`,
  );
