import { z } from "zod";
import { type CostTable, type EnergyTable, loadCosts } from "../energy-db/index.ts";
import { kernelsOf } from "../src/network/kernel.ts";
import { seededRandom } from "../src/random.ts";
import type { Widths } from "./design.ts";
import type { PlannedNetwork, ProfilePlan } from "./plan.ts";
import { networkWith } from "./space.ts";

const storedWidths = z.array(z.array(z.int().positive()));

/**
 * Networks that measure where the table is least sure: new widths in the middle of those gaps between levels
 * where interpolation is most uncertain, in seconds. Chosen once, when everything planned has been measured, and
 * kept in the table, so that a resumed run goes on with the same.
 */
export function refinement(
  table: EnergyTable,
  platformId: number,
  plan: ProfilePlan,
): readonly PlannedNetwork[] {
  if (plan.refinementNetworks === 0) return [];
  const name = `refinement of ${plan.space.name}, seed ${plan.seed}`;
  const stored = table.plan(platformId, name);
  const widths =
    stored === undefined
      ? chooseWidths(loadCosts(table, platformId, { space: plan.space.name }), plan)
      : storedWidths.parse(stored);
  if (stored === undefined) table.putPlan(platformId, name, widths);
  return widths.map((chosen, i) => ({
    network: networkWith(plan.space, chosen),
    role: "design",
    position: plan.networks.length + i,
    metered: false,
  }));
}

/** Every network has a new width for each group, the most uncertain ones in the most networks. */
function chooseWidths(costs: CostTable, plan: ProfilePlan): readonly Widths[] {
  const random = seededRandom(plan.seed);
  const wanted = plan.space.groups.map((group, at) =>
    uncertainWidths(costs, plan, plan.levels.get(group.name) ?? [], at),
  );
  return Array.from({ length: plan.refinementNetworks }, (_, i) =>
    plan.space.groups.map((group, at) => {
      const choices = wanted[at] ?? [];
      const levels = plan.levels.get(group.name) ?? [];
      // Every second network crosses the new widths of even groups with old ones of odd groups, and so on.
      const takesNew = choices.length > 0 && (at + i) % 2 === 0;
      const pool = takesNew ? choices.slice(0, newWidths) : levels;
      return pool[takesNew ? (i >> 1) % pool.length : random.below(pool.length)] ?? group.floor;
    }),
  );
}

/** So many new widths per group at most. */
const newWidths = 4;

/** Middles of the gaps between a group's levels, the most uncertain first. */
function uncertainWidths(
  costs: CostTable,
  { space }: ProfilePlan,
  levels: readonly number[],
  group: number,
): readonly number[] {
  const middles = space.groups.map(({ floor, cap }) => Math.round(Math.sqrt(floor * cap)));
  return levels
    .slice(1)
    .map((high, i) => onGrid(((levels[i] ?? high) + high) / 2, space.grid))
    .filter((width) => !levels.includes(width))
    .map((width) => {
      const network = networkWith(space, middles.with(group, width));
      return { width, uncertainty_s: uncertaintyOf(costs, network, space.batch) };
    })
    .sort((a, b) => b.uncertainty_s - a.uncertainty_s)
    .map(({ width }) => width);
}

const onGrid = (width: number, grid: number): number => Math.round(width / grid) * grid;

function uncertaintyOf(
  costs: CostTable,
  network: PlannedNetwork["network"],
  batch: number,
): number {
  const halves_s = kernelsOf(network, { batch }).map(({ kernel }) => {
    const answer = costs.tryCost(kernel);
    return answer ? (answer.latency_high_s - answer.latency_low_s) / 2 : 0;
  });
  return Math.hypot(...halves_s);
}
