import { z } from "zod";
import {
  type Allocation,
  allocations,
  fitShape,
  type ShapeRequest,
  withGrowingWidths,
} from "../../search/index.ts";
import type { Network } from "../../src/network/network.ts";
import { median } from "../../src/statistics.ts";
import type { Task } from "../experiment.ts";
import type { Laboratory } from "../laboratory.ts";
import { measuredSchema, measureTogether } from "../tasks/measure-task.ts";
import { fitRequestOf, type Setting, settingKey } from "../tasks/setting.ts";
import { fitUniform } from "./fit-uniform.ts";

export const uniformLabel = "uniform";

/** All allocations of a setting, measured in one session. */
export const roundSchema = z.object({
  /** By the table, before corrections. */
  budget_s: z.number(),
  networks: z.array(
    measuredSchema.extend({
      /** By the table, after corrections. */
      allowed_s: z.number(),
    }),
  ),
});
export type Round = z.infer<typeof roundSchema>;

/** Networks that may be this near to the common level, by their 95 % intervals, stay as they are. */
export const closeEnough = 0.02;
export const mostRounds = 3;
/**
 * Power of its deviation that a network's allowance is corrected by: a table's error and a measurement's uncertainty are
 * of one size, so the truth is about half-way between them.
 */
const trust = 0.5;

/** What all take alike: the round's median. How fast the machine is at the moment is in it. */
export const levelOf = ({ networks }: Round): number =>
  median(networks.map(({ measured }) => measured.latency_s));

/** True unless the measurement shows that the network is not at the common level. */
function isAtLevel({ measured }: Round["networks"][number], round: Round): boolean {
  const level_s = levelOf(round);
  return (
    measured.low_s <= level_s * (1 + closeEnough) && measured.high_s >= level_s * (1 - closeEnough)
  );
}

export const roundKey = (setting: Setting, round: number): string =>
  `${settingKey(setting)}-measured-${round}`;

/** True where no network would change in another round. */
export const isSettled = (round: Round): boolean =>
  round.networks.every((network) => isAtLevel(network, round));

/** Chooses every allocation's network by the table, corrected by what the round before showed, and measures them all. */
export const roundTask = (setting: Setting, round: number, before: Round | undefined): Task => ({
  key: roundKey(setting, round),
  label: `${settingKey(setting)}, measured together, round ${round}`,
  kind: "measure",
  estimated_s: 10 * (allocations.length + 1),
  run: (laboratory) => measureRound(setting, before, laboratory),
});

async function measureRound(
  setting: Setting,
  before: Round | undefined,
  laboratory: Laboratory,
): Promise<Round> {
  const { budget_s, chosen } = await laboratory.withCosts(setting.net, (table) => {
    const request = fitRequestOf(setting, table);
    const arms = [undefined, ...allocations];
    return {
      budget_s: budgetOf(request),
      chosen: arms.map((arm) => choose(arm, request, before)),
    };
  });
  const measured = await measureTogether(laboratory, setting.net, chosen);
  return {
    budget_s,
    networks: measured.map((record, i) => ({
      ...record,
      allowed_s: chosen[i]?.allowed_s ?? budget_s,
    })),
  };
}

const budgetOf = ({ budget }: ShapeRequest): number => budget.latency_s ?? Number.POSITIVE_INFINITY;

interface Chosen {
  readonly label: string;
  readonly network: Network;
  readonly allowed_s: number;
}

function choose(
  allocation: Allocation | undefined,
  request: ShapeRequest,
  before: Round | undefined,
): Chosen {
  const label = allocation?.label ?? uniformLabel;
  const earlier = before?.networks.find((record) => record.label === label);
  const { reference } = request;
  if (before && earlier && isAtLevel(earlier, before))
    return {
      label,
      network: withGrowingWidths(reference, earlier.widths),
      allowed_s: earlier.allowed_s,
    };
  const share = before && earlier ? earlier.measured.latency_s / levelOf(before) : 1;
  const allowed_s = (earlier?.allowed_s ?? budgetOf(request)) * share ** -trust;
  const allowed = { ...request, budget: { latency_s: allowed_s } };
  const network = allocation
    ? fitShape(allowed, allocation.weights(reference))
    : fitUniform(allowed);
  return { label, network, allowed_s };
}
