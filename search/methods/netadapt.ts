import { UserError } from "../../src/errors.ts";
import { type Network, placeLayers } from "../../src/network/network.ts";
import { fromScratch } from "../from-scratch.ts";
import type {
  Candidate,
  Move,
  Outlook,
  SearchContext,
  SearchMethod,
  SearchPoint,
  TrainedCandidate,
} from "../method.ts";
import { filterImportance, mostImportant, prunableGroups } from "../pruning/importance.ts";
import { keepMostImportant } from "../pruning/prune.ts";
import { wideEpochs } from "../pruning/prune-once.ts";
import { narrowerWidths, pruningStart } from "../pruning/start.ts";
import {
  budgetedQuantities,
  meetsBudget,
  networkQuantities,
  type Quantities,
  type Quantity,
} from "../quantities.ts";
import { selectWidths, type WidthOption } from "../selection/select-widths.ts";

/** Equal steps from the wide network's costs to the budget, at most. */
const mostSteps = 6;
/** Of every proposal, before they are compared (the paper's short-term fine-tuning). */
const shortEpochs = 1;

/**
 * NetAdapt (Yang et al. 2018): from a wide network down to the budget in equal steps of cost. In each step every stage of
 * layers of one resolution is shrunk until it alone has saved the step, each proposal is trained for a short while, and the
 * best on held-out data is kept.
 */
export const netadapt: SearchMethod = {
  name: "netadapt",
  summary:
    "shrinks a wide network stage by stage, keeping the best after short fine-tuning (NetAdapt)",
  next: (point, context) =>
    Promise.resolve(point.trained.length === 0 ? widen(context) : shrink(point, context)),
};

function widen(context: SearchContext): Move {
  const { network } = pruningStart(context);
  const { costs, budget } = context;
  const start = networkQuantities(network, costs, budgetedQuantities(budget));
  return {
    kind: "wide",
    candidates: [
      {
        label: "to be shrunk",
        network,
        training: fromScratch(network, context, 0),
        epochs: wideEpochs(context),
        rate: "anneal",
      },
    ],
    outlook: outlookFrom(network, stepsOf(context)),
    memory: { note: { start }, arrays: new Map() },
  };
}

const stepsOf = ({ recipe }: SearchContext): number =>
  Math.max(1, Math.min(mostSteps, recipe.rounds));

const outlookFrom = (network: Network, steps: number): Outlook => {
  const candidates = Math.max(0, steps) * stagesOf(network).size;
  return { candidates, epochs: candidates * shortEpochs };
};

function shrink({ round, trained, memory }: SearchPoint, context: SearchContext): Move {
  const losses = trained.map(({ validation }) => validation.loss);
  const keep = losses.indexOf(Math.min(...losses));
  const best = trained[keep];
  if (!best) throw new Error("There is no network to shrink");
  const { network, training } = best;
  const { costs, budget } = context;
  const now = networkQuantities(network, costs, budgetedQuantities(budget));
  if (meetsBudget(now, budget))
    return { keep, deliver: { network, inherited: training }, ended: "shrunk to the budget" };
  const { start } = memory.note as { readonly start: Quantities };
  const limits = limitsAt(round / stepsOf(context), start, context);
  return {
    keep,
    kind: "shrink",
    candidates: proposals(best, limits, context),
    outlook: outlookFrom(network, stepsOf(context) - round),
  };
}

/** Limits after a share of the way from the wide network's costs to the budget. */
function limitsAt(share: number, start: Quantities, { budget }: SearchContext): Quantities {
  const limits = budgetedQuantities(budget).map((quantity): [Quantity, number] => {
    const limit = budget[quantity] ?? Number.POSITIVE_INFINITY;
    const above = Math.max(0, (start[quantity] ?? 0) - limit);
    return [quantity, limit + Math.max(0, 1 - share) * above];
  });
  return Object.fromEntries(limits);
}

/** One network per stage that can save the step alone; where none can, one that all stages shrink. */
function proposals(
  best: TrainedCandidate,
  limits: Quantities,
  context: SearchContext,
): readonly Candidate[] {
  const stages = stagesOf(best.network);
  const options = narrowerOptions(best, context);
  const alone = [...stages].flatMap(([stage, groups]) => {
    const shrunk = shrunkTo(best, only(options, groups), limits, context);
    return shrunk ? [{ ...shrunk, label: `shrinks ${stage}` }] : [];
  });
  if (alone.length > 0) return alone;
  const all = shrunkTo(best, options, limits, context);
  if (!all) throw new Error("The narrowest network fits, but no way there was found");
  return [{ ...all, label: "shrinks all stages" }];
}

/** Names of the prunable groups by resolution: "32x32". */
function stagesOf(network: Network): ReadonlyMap<string, readonly string[]> {
  const resolutions = new Map(
    placeLayers(network).map(({ layer, out }) => [layer.name, `${out.height}x${out.width}`]),
  );
  const stages = new Map<string, string[]>();
  for (const { name } of prunableGroups(network)) {
    const stage = resolutions.get(name) ?? "";
    stages.set(stage, [...(stages.get(stage) ?? []), name]);
  }
  return stages;
}

type Options = ReadonlyMap<string, readonly WidthOption[]>;

/** What every group loses at each width on offer. */
function narrowerOptions({ network, training }: TrainedCandidate, context: SearchContext): Options {
  const importance = filterImportance(network, training.weights, { power: 2 });
  const candidates = narrowerWidths(network, context);
  return new Map(
    [...importance].map(([group, values]) => [
      group,
      lossesOf(values, candidates.get(group) ?? []),
    ]),
  );
}

const only = (options: Options, groups: readonly string[]): Options =>
  new Map([...options].filter(([group]) => groups.includes(group)));

/** The network with groups narrowed so that the limits are met at the least loss; undefined where they cannot be. */
function shrunkTo(
  { network, training }: TrainedCandidate,
  options: Options,
  limits: Quantities,
  context: SearchContext,
): Omit<Candidate, "label"> | undefined {
  try {
    const { costs } = context;
    const { widths } = selectWidths({ network, options, costs, budget: limits });
    const importance = filterImportance(network, training.weights, { power: 2 });
    const shrunk = keepMostImportant(network, training, importance, widths, context);
    return { ...shrunk, epochs: shortEpochs, rate: "anneal" };
  } catch (error) {
    if (error instanceof UserError && error.exit === "budget") return undefined;
    throw error;
  }
}

/** Share of the group's squared norm that each narrower width gives up, as a negative gain. */
function lossesOf(importance: Float64Array, widths: readonly number[]): readonly WidthOption[] {
  const sum = (channels: Iterable<number>): number =>
    [...channels].reduce((total, channel) => total + (importance[channel] ?? 0), 0);
  const whole = sum(importance.keys());
  return widths
    .filter((width) => width < importance.length)
    .map((width) => ({
      width,
      gain: whole > 0 ? sum(mostImportant(importance, width)) / whole - 1 : 0,
    }));
}
