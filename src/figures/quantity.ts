import { formatJoules, formatSeconds } from "../units.ts";
import type { Costs, Reading } from "./rows.ts";

/** What costs are drawn of. */
export type CostQuantity = Exclude<keyof Costs, "netEnergy_j">;

interface QuantityWords {
  /** Inside a sentence, and at the beginning of a short one. */
  readonly name: string;
  readonly title: string;
  readonly unit: "s" | "J";
  readonly format: (value: number) => string;
}

export const costWords: { readonly [Q in CostQuantity]: QuantityWords } = {
  latency_s: { name: "latency", title: "Latency", unit: "s", format: formatSeconds },
  energy_j: {
    name: "energy per inference",
    title: "Energy",
    unit: "J",
    format: formatJoules,
  },
};

/** How the readings came to be, each word once. */
export const provenancesOf = (readings: readonly Reading[]): string =>
  [...new Set(readings.map(({ provenance }) => provenance))].join(", ");
