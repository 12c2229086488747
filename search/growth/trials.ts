import type { Network } from "../../src/network/network.ts";
import { randomShape, tilt, uniformShape } from "../baselines/allocations.ts";
import { fitShape } from "../baselines/fit-shape.ts";
import { atWidths, growingWidths, sameWidths } from "../group-widths.ts";
import type { SearchContext } from "../method.ts";
import { candidateWidths } from "../selection/candidate-widths.ts";
import { selectWidths } from "../selection/select-widths.ts";
import { stagesOf } from "../stages.ts";
import { phaseRandom } from "../training-phase.ts";
import type { NamedNetwork } from "./finalists.ts";
import { type ShapeTrial, type StageWorth, stageWorths } from "./stage-worth.ts";

/** The trials of a search come in this many rounds: half of them first, then twice what those taught. */
export const trialRounds = 3;

/** Trials of a round, counted from 0; all rounds together are the recipe's. */
export function trialsOf(round: number, { recipe }: Pick<SearchContext, "recipe">): number {
  const first = Math.ceil(recipe.trials / 2);
  if (round === 0) return first;
  const second = Math.ceil((recipe.trials - first) / 2);
  return round === 1 ? second : recipe.trials - first - second;
}

/** Of uniform widths on the stairs, wherever they are trained. */
export const uniformLabel = "uniform on stairs";

/** What nobody needs a search for, as far as the round goes: uniform, tilted towards either end, and drawn by chance. */
const knownShapes = [
  { ...uniformShape, label: uniformLabel },
  tilt("early x4", 4),
  tilt("early x8", 8),
  tilt("late x2", 1 / 2),
  tilt("early x2", 2),
];

/** The first networks tried: what growth found, and shapes all over the room. */
export function firstShapes(found: Network, context: SearchContext): readonly NamedNetwork[] {
  const count = trialsOf(0, context);
  const shapes = [{ label: "found", network: found }];
  const offered = [
    ...knownShapes,
    ...Array.from({ length: 2 * count }, (_, i) => ({
      ...randomShape(context.seed * 1000 + i),
      label: `drawn ${i + 1}`,
    })),
  ];
  for (const { label, weights } of offered) {
    if (shapes.length >= count) break;
    const network = fitShape(context, weights(context.reference));
    if (isNew(network, shapes)) shapes.push({ label, network });
  }
  return shapes;
}

const isNew = (network: Network, known: readonly { readonly network: Network }[]): boolean =>
  !known.some((earlier) => sameWidths(earlier.network, network));

/** Draws that may come to nothing new before a round is left shorter. */
const patience = 8;

/**
 * The next networks to try: the best widths under the likeliest worth of the stages, then under worths drawn by how likely they are.
 * No group leaves the best trial's width by more than an octave.
 */
export function nextShapes(
  trials: readonly ShapeTrial[],
  { trialRound, round }: { readonly trialRound: number; readonly round: number },
  context: SearchContext,
): readonly NamedNetwork[] {
  const worths = stageWorths(trials);
  const random = phaseRandom(context.seed, round, 0);
  const count = trialsOf(trialRound, context);
  const shapes: NamedNetwork[] = [];
  const near = bestTrial(trials).network;
  for (let draw = 0; shapes.length < count && draw < count + patience; draw++) {
    const worth = draw === 0 ? worths.mean : worths.draw(random);
    const network = bestWidths(near, worth, context);
    if (isNew(network, [...trials, ...shapes]))
      shapes.push({ label: `shape ${trialRound}.${shapes.length + 1}`, network });
  }
  return shapes;
}

export function bestTrial(trials: readonly ShapeTrial[]): ShapeTrial {
  const [best] = [...trials].sort((a, b) => a.loss - b.loss);
  if (!best) throw new Error("Nothing was tried");
  return best;
}

/** The widths within the budget that are worth most, none further than an octave from the network's, which fits. */
export function bestWidths(near: Network, worth: StageWorth, context: SearchContext): Network {
  const { costs, budget } = context;
  const offered = candidateWidths({ ...context, network: near, most: Number.POSITIVE_INFINITY });
  const widths = growingWidths(near);
  const options = new Map(
    [...stagesOf(near)].flatMap(([stage, groups]) =>
      groups.map((group) => {
        const present = widths.get(group) ?? 1;
        const around = (offered.get(group) ?? [])
          .concat(present)
          .filter((width) => present / 2 <= width && width <= 2 * present);
        const perOctave = (worth.get(stage) ?? 0) / groups.length;
        const gained = [...new Set(around)]
          .sort((a, b) => a - b)
          .map((width) => ({
            width,
            gain: perOctave * Math.log2(width / present),
          }));
        return [group, gained] as const;
      }),
    ),
  );
  const { widths: chosen } = selectWidths({ network: near, options, costs, budget });
  return atWidths(near, new Map([...widths, ...chosen]));
}
