import { sampleRankCorrelation } from "simple-statistics";
import { median } from "../../src/statistics.ts";
import type { ForeignRow } from "../formats/foreign-table.ts";
import { groupBy } from "../group-by.ts";
import { type Look, warnOf } from "./defect.ts";

const fewestPowers = 10;

/** Time times one power is a model, whatever the table calls it. */
export const constantPower: Look = ({ table: { rows } }) => {
  const metered = rows.filter(({ latency_s, energy_j }) => latency_s && energy_j);
  const powers = metered.map(({ latency_s = 1, energy_j = 0 }) => energy_j / latency_s);
  if (powers.length < fewestPowers) return [];
  const middle = median(powers);
  if (powers.some((power) => Math.abs(power / middle - 1) >= 1e-3)) return [];
  return warnOf(
    "constant power",
    metered,
    () => `energy is time x ${middle.toPrecision(4)} W in every row: derived, not measured`,
  );
};

const fewestPairs = 20;
const lowestRank = 0.3;
const costs = [
  ["latency", "latency_s"],
  ["energy", "energy_j"],
] as const;

/** Cost that has nothing to do with work inside one operation comes from a broken pipeline. */
export const rankWithWork: Look = ({ table: { rows } }) =>
  [...groupBy(rows, ({ op }) => op)].flatMap(([op, own]) =>
    costs.flatMap(([name, field]) => {
      const worked = own.filter(({ macs, [field]: cost }) => macs && cost);
      if (worked.length < fewestPairs) return [];
      const rank = sampleRankCorrelation(
        worked.map(({ macs = 0 }) => macs),
        worked.map(({ [field]: cost = 0 }) => cost),
      );
      // Where all work alike there is no rank.
      if (!(rank < lowestRank)) return [];
      return warnOf(
        "rank with work",
        worked,
        () =>
          `${name} of ${op} hardly follows its multiply-accumulates (rank correlation ${rank.toFixed(2)})`,
      );
    }),
  );

/** What a multiply-accumulate costs from a simulated accelerator up to software on a microcontroller, an order beyond either. */
const possibleEnergy_j = [5e-13, 2e-8] as const;
const possibleTime_s = [1e-15, 1e-6] as const;
/** Others move data more than they multiply. */
const multiplying = new Set(["conv2d", "dense", "mbconv"]);

/** Outside such a band stands a wrong unit, or a number that is no cost of this work. */
export const costOfWork: Look = ({ table: { rows } }) =>
  [...groupBy(rows, ({ op }) => op)].flatMap(([op, own]) => {
    if (!multiplying.has(op)) return [];
    const perMac = (field: "energy_j" | "latency_s") =>
      own.flatMap((row): readonly Worked[] => {
        const { macs, [field]: cost } = row;
        return macs && cost ? [{ row, cost: cost / macs }] : [];
      });
    return [
      ...outside(`energy of ${op}`, perMac("energy_j"), possibleEnergy_j, "J"),
      ...outside(`latency of ${op}`, perMac("latency_s"), possibleTime_s, "s"),
    ];
  });

interface Worked {
  readonly row: ForeignRow;
  /** Of a multiply-accumulate. */
  readonly cost: number;
}

function outside(
  what: string,
  perMac: readonly Worked[],
  [low, high]: readonly [number, number],
  unit: string,
) {
  if (perMac.length < fewestPairs) return [];
  const middle = median(perMac.map(({ cost }) => cost));
  if (middle >= low && middle <= high) return [];
  return warnOf(
    "cost of work",
    perMac.filter(({ cost }) => cost < low || cost > high).map(({ row }) => row),
    () =>
      `${what} is ${middle.toExponential(1)} ${unit} per multiply-accumulate, outside ${low} to ${high}: another unit?`,
  );
}
