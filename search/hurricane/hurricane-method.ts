import { UserError } from "../../src/errors.ts";
import {
  type OperatorSpace,
  type Path,
  pathNetwork,
} from "../../src/network/blocks/operator-space.ts";
import { PathTrainer } from "../../src/training/paths/path-trainer.ts";
import type { TrainingState } from "../../src/training/training-state.ts";
import { formatPercent } from "../../src/units.ts";
import type {
  Candidate,
  Memory,
  Move,
  Outlook,
  SearchContext,
  SearchMethod,
  SearchPoint,
} from "../method.ts";
import { judgedPaths, type Recipe } from "../recipe.ts";
import { epochExamples, phaseRandom, searchOptimizer } from "../training-phase.ts";
import type { Choices } from "./choices.ts";
import { type EvolutionSettings, type Evolved, evolve } from "./evolve.ts";
import { firstPath, isWithin } from "./first-path.ts";
import { judgedExamples, pathJudge } from "./judge-paths.ts";
import { keptScores } from "./kept-scores.ts";
import { operatorCosts } from "./operator-costs.ts";
import type { LayerOperator } from "./operator-space.ts";
import { supernetState } from "./supernet.ts";

/** What tells one search over operators from another. */
export interface OperatorSearch {
  readonly name: string;
  readonly summary: string;
  /** The operators of every block that the search is left with, the best first. */
  choose(
    pools: readonly (readonly LayerOperator[])[],
    space: OperatorSpace,
    asked: Pick<Recipe, "operatorScore">,
  ): readonly (readonly LayerOperator[])[];
  /** Blocks, by index, in groups: one group after the other is searched, the other blocks keep what they have. */
  stages(space: OperatorSpace): readonly (readonly number[])[];
}

/** Every block at once. */
export const oneStage = ({ blocks }: OperatorSpace): readonly (readonly number[])[] => [
  [...blocks.keys()],
];

/** The later blocks first: accuracy depends on them more, while the early ones mostly cost (HURRICANE, arXiv 1910.11609). */
export function laterFirst({ blocks, earlyBlocks }: OperatorSpace): readonly (readonly number[])[] {
  const all = [...blocks.keys()];
  const groups = [all.slice(earlyBlocks), all.slice(0, earlyBlocks)];
  return groups.filter(({ length }) => length > 0);
}

/** What is remembered between two rounds. */
interface OperatorNote {
  readonly stage: number;
  /** Best first, for every block. */
  readonly spaces: Choices;
  /** The best path so far. */
  readonly path: Path;
}

/**
 * A supernet of some operators per block, trained one path per batch in stages; after each, evolution on the shared weights finds
 * the best path within the budget. The last one is trained from scratch.
 */
export const operatorSearch = (search: OperatorSearch): SearchMethod => ({
  name: search.name,
  summary: search.summary,
  searchesFor: "operators",
  next: (point, context) =>
    point.trained.length === 0
      ? Promise.resolve(begin(search, context))
      : settle(search, point, context),
});

function operatorsOf({ operators, network }: SearchContext, name: string): OperatorSpace {
  if (operators) return operators;
  throw new UserError(`Method ${name} needs a network of blocks, which ${network.name} is not`, {
    hint: "Give --net hurricane-cifar.",
    exit: "usage",
  });
}

function begin(search: OperatorSearch, context: SearchContext): Move {
  const space = operatorsOf(context, search.name);
  const chosen = search.choose(operatorCosts(space, context), space, context.recipe);
  const note: OperatorNote = {
    stage: 0,
    spaces: chosen.map((operators) => operators.map(({ name }) => name)),
    path: firstPath(space, chosen, context),
  };
  return trainStage(search, space, { note, round: 0 }, context);
}

interface Stage {
  readonly note: OperatorNote;
  readonly round: number;
  readonly before?: TrainingState;
}

function trainStage(
  search: OperatorSearch,
  space: OperatorSpace,
  { note, round, before }: Stage,
  context: SearchContext,
): Move {
  const stages = search.stages(space);
  const choices = choicesOf(note, stages[note.stage] ?? []);
  const candidate: Candidate = {
    label: stages.length === 1 ? "all blocks" : blockText(stages[note.stage] ?? []),
    network: pathNetwork(
      space,
      choices.map(([first]) => first ?? ""),
    ),
    training: supernetState(space, choices, context, { round, ...(before ? { before } : {}) }),
    epochs: stageEpochs(space, stages[note.stage] ?? [], context),
    rate: "anneal",
    choices,
  };
  return {
    kind: "supernet",
    candidates: [candidate],
    outlook: outlookOf(space, stages.slice(note.stage + 1), context),
    memory: memoryOf(note),
  };
}

const memoryOf = (note: OperatorNote): Memory => ({ note, arrays: new Map() });

/** What a stage chooses from: the operators of its own blocks, what all others have. */
const choicesOf = ({ spaces, path }: OperatorNote, blocks: readonly number[]): Choices =>
  path.map((name, block) => (blocks.includes(block) ? (spaces[block] ?? [name]) : [name]));

/** "block 3", "blocks 4, 5, 6": counted from 1. */
const blockText = (blocks: readonly number[]): string =>
  `block${blocks.length === 1 ? "" : "s"} ${blocks.map((block) => block + 1).join(", ")}`;

/** All stages together train for as long as the network that is delivered, unless the recipe says otherwise; each by its share of the blocks. */
const stageEpochs = (
  { blocks }: OperatorSpace,
  stage: readonly number[],
  { recipe }: SearchContext,
): number => {
  const { finalEpochs, supernetEpochs = finalEpochs } = recipe;
  return Math.max(1, Math.round((supernetEpochs * stage.length) / blocks.length));
};

function outlookOf(
  space: OperatorSpace,
  stages: readonly (readonly number[])[],
  context: SearchContext,
): Outlook {
  const epochs = stages.map((stage) => stageEpochs(space, stage, context));
  return {
    candidates: stages.length,
    epochs: epochs.reduce((sum, one) => sum + one, 0),
    // One evolution after every stage, that in hand among them.
    analysisEpochs: (stages.length + 1) * evolutionEpochs(mostPaths(evolutionOf(context)), context),
  };
}

/** Finds the best path of the stage just trained; then the next stage, or the end. */
async function settle(
  search: OperatorSearch,
  point: SearchPoint,
  context: SearchContext,
): Promise<Move> {
  const space = operatorsOf(context, search.name);
  const note = point.memory.note as OperatorNote;
  const { training } = point.trained[0] as Candidate;
  const blocks = search.stages(space)[note.stage] ?? [];
  const found = await bestPath(space, { note, point, blocks, training }, context);
  const { best, first, judged } = found;
  const judging = judgedExamples(context);
  const common = {
    keep: 0,
    analysedExamples: judged * (judging.calibrating + judging.judging),
    verdict: `${best.path.join(", ")}: ${formatPercent(best.accuracy)} on shared weights, the best of ${judged} paths (${formatPercent(first.accuracy)} before)`,
  };
  const settled: OperatorNote = { ...note, stage: note.stage + 1, path: best.path };
  if (settled.stage < search.stages(space).length) {
    const stage = { note: settled, round: point.round, before: training };
    return { ...trainStage(search, space, stage, context), ...common };
  }
  return {
    ...common,
    deliver: { network: pathNetwork(space, best.path) },
    ended: `${best.path.join(", ")} is the best path found`,
  };
}

/** A pass forwards takes about a third of a training step. */
const forwardShare = 1 / 3;

/** Of training that takes as long as judging so many paths. */
function evolutionEpochs(paths: number, context: SearchContext): number {
  const { calibrating, judging } = judgedExamples(context);
  const perEpoch = epochExamples(context.recipe, context.data);
  return (forwardShare * paths * (calibrating + judging)) / perEpoch;
}

const mostPaths = ({ population, generations }: EvolutionSettings): number =>
  population * generations;

interface Searched {
  readonly note: OperatorNote;
  readonly point: SearchPoint;
  readonly blocks: readonly number[];
  readonly training: TrainingState;
}

async function bestPath(
  space: OperatorSpace,
  { note, point, blocks, training }: Searched,
  context: SearchContext,
): Promise<Evolved> {
  const { engine, recipe, seed, signal, onAnalysis, analysis } = context;
  const trainer = new PathTrainer(engine, space, searchOptimizer(recipe));
  const random = phaseRandom(seed, point.round, evolutionDraw);
  const judge = keptScores(analysis, pathJudge(trainer, training.weights, context, random));
  const settings = evolutionOf(context);
  try {
    return await evolve({
      ...settings,
      choices: choicesOf(note, blocks),
      first: note.path,
      isLegal: (path) => isWithin(space, path, context),
      judge: (path) => {
        signal?.throwIfAborted();
        return judge(path);
      },
      random,
      onJudged: (judged) =>
        onAnalysis?.(
          `path ${judged} of at most ${mostPaths(settings)}`,
          evolutionEpochs(judged, context),
        ),
    });
  } finally {
    await trainer.release();
  }
}

/** Where evolution draws from phaseRandom(seed, round, 0, 1, ...). */
const evolutionDraw = -5;

/** The paper's numbers are of the largest recipe; smaller ones judge fewer paths. */
function evolutionOf({ recipe }: SearchContext): EvolutionSettings {
  const population = Math.min(2 * recipe.trials, judgedPaths(recipe));
  return {
    population,
    parents: Math.max(1, Math.round(population / 5)),
    generations: Math.max(1, Math.round(judgedPaths(recipe) / population)),
    mutationChance: 0.1,
  };
}
