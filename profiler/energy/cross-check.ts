import { integrate, type MeterRecord, type Rail } from "../../devices/index.ts";

/**
 * Two readings of one supply may differ by this fraction: a card's counter and its power agree to a few per cent, and where they
 * did not, one of them was wrong (zeus#181: 187 J by the counter, 327 J by its power).
 */
const agreement = 0.1;
/** Less than this is told of by too few readings, s. */
const shortest_s = 5;

interface Sums {
  counted_j: number;
  checking_j: number;
  time_s: number;
}

/** Adds up, over a session's windows, what rails of one supply showed beside each other. */
export class CrossCheck {
  readonly #sums = new Map<string, Sums>();

  add(rails: readonly Rail[], { samples, windows }: MeterRecord): void {
    for (const rail of rails) {
      const counted = rails.find(({ id }) => id === rail.checks);
      if (!counted) continue;
      const sums = this.#sums.get(rail.id) ?? { counted_j: 0, checking_j: 0, time_s: 0 };
      for (const { start_s: from_s, end_s: to_s } of windows) {
        const both = [counted, rail].map((one) =>
          integrate([{ ...one, counted: true, includes: [] }], samples, { from_s, to_s }),
        );
        const [first, second] = both;
        if (!first?.ok || !second?.ok) continue;
        sums.counted_j += first.energy_j;
        sums.checking_j += second.energy_j;
        sums.time_s += to_s - from_s;
      }
      this.#sums.set(rail.id, sums);
    }
  }

  /** One sentence for each rail that disagrees with the one it is held against. */
  warnings(rails: readonly Rail[]): readonly string[] {
    return rails.flatMap(({ id, checks }) => {
      const { counted_j, checking_j, time_s } = this.#sums.get(id) ?? none;
      const difference = Math.abs(checking_j / counted_j - 1);
      if (!(time_s >= shortest_s && difference > agreement)) return [];
      return [
        `Rails ${checks} and ${id} measure one supply and differ by ${percent(difference)}: ` +
          `${counted_j.toPrecision(4)} J and ${checking_j.toPrecision(4)} J in ${time_s.toFixed(0)} s of windows; ` +
          `expected at most ${percent(agreement)}. Energies are those of ${checks}: hold them against another meter.`,
      ];
    });
  }
}

const none: Sums = { counted_j: 0, checking_j: 0, time_s: 0 };

const percent = (fraction: number): string => `${(100 * fraction).toFixed(0)} %`;
