import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../src/errors.ts";
import { formatNetwork, parseNetwork } from "../src/network/network-file.ts";
import { loadCheckpoint, saveCheckpoint } from "../src/training/checkpoint.ts";
import type { Evaluation } from "../src/training/passes.ts";
import type { TrainingState } from "../src/training/training-state.ts";
import type { SearchHistory } from "./history.ts";
import type { Candidate, Memory, Outlook, TrainedCandidate } from "./method.ts";
import type { Recipe } from "./recipe.ts";
import { dropAnalysis } from "./unfinished-analysis.ts";

/** A candidate in training. */
export interface Trial extends Candidate {
  /** The state it was proposed with was fresh. */
  readonly fresh: boolean;
  /** Epochs done. */
  readonly epoch: number;
  /** Mean over the last epoch done; NaN before the first. */
  readonly trainingLoss: number;
  /** There once all epochs are done. */
  readonly validation?: Evaluation;
  /** Why training stopped before. */
  readonly diverged?: string;
}

export const isOpen = ({ validation, diverged }: Trial): boolean => !validation && !diverged;

/** Epochs of a trial that need no training any more. */
export const epochsBehind = (trial: Trial): number => (isOpen(trial) ? trial.epoch : trial.epochs);

/** Where a search stands: between two epochs of one candidate. Saved after every epoch, so a kill loses one at most. */
export interface SearchState {
  readonly history: SearchHistory;
  readonly round: number;
  /** Of the round in hand; "final" trains the network to be delivered. */
  readonly kind: string;
  readonly trials: readonly Trial[];
  readonly outlook: Outlook;
  readonly analysedExamples?: number;
  /** Of training that would have taken as long as the analyses finished, as outlooks count them; 0 when absent. */
  readonly analysisEpochs?: number;
  readonly kept?: TrainedCandidate;
  readonly memory: Memory;
}

const stateFile = "search.state";
const statePath = (folder: string): string => join(folder, stateFile);

/** True while a search in this folder has been started and not been delivered. */
export const searchIsUnderWay = (folder: string): boolean => existsSync(statePath(folder));

/** When the search in this folder last saved its state, ms since 1970; undefined where none is under way. */
export const searchSavedAt_ms = (folder: string): number | undefined =>
  statSync(statePath(folder), { throwIfNoEntry: false })?.mtimeMs;

/** The recipe of a search under way; undefined where there is none. */
export const savedRecipe = (folder: string): Recipe | undefined =>
  loadSearchState(folder)?.history.recipe;

/** Ends the state of a delivered search. */
export function dropSearchState(folder: string): void {
  rmSync(statePath(folder), { force: true });
  dropAnalysis(folder);
}

type Arrays = Map<string, Float32Array>;

export function saveSearchState(folder: string, state: SearchState): void {
  const arrays: Arrays = new Map();
  const { trials, kept, memory, ...rest } = state;
  const note = {
    ...rest,
    trials: trials.map((trial, i) => packCandidate(trial, `trial ${i}`, arrays)),
    ...(kept ? { kept: packCandidate(kept, "kept", arrays) } : {}),
    memory: memory.note,
  };
  for (const [name, array] of memory.arrays) arrays.set(`memory/${name}`, array);
  saveCheckpoint(statePath(folder), { note, arrays });
}

/** The state of an interrupted search in `folder`; undefined where there is none. */
export function loadSearchState(folder: string): SearchState | undefined {
  const path = statePath(folder);
  if (!existsSync(path)) return undefined;
  const { note, arrays } = loadCheckpoint(path);
  const parsed = noteSchema.safeParse(note);
  if (!parsed.success)
    throw new UserError(`${path} is the state of another version of wattsplit`, {
      hint: "Delete it and start the search again, or use the version that wrote it.",
      cause: parsed.error,
    });
  const { trials, kept, memory, ...rest } = parsed.data;
  // The digest of the checkpoint vouches for what the schema leaves open: it is what saveSearchState wrote.
  return {
    ...(rest as unknown as Omit<SearchState, "trials" | "kept" | "memory">),
    trials: trials.map((trial, i) => unpackCandidate<Trial>(trial, `trial ${i}`, arrays)),
    ...(kept ? { kept: unpackCandidate<TrainedCandidate>(kept, "kept", arrays) } : {}),
    memory: { note: memory, arrays: below("memory", arrays) },
  };
}

/** Candidates without what is kept as arrays or has a form of its own in JSON. */
const candidateSchema = z.looseObject({
  label: z.string(),
  network: z.string(),
  epochs: z.number(),
  // JSON has no NaN: a candidate without a finished epoch has no loss.
  trainingLoss: z.number().nullable(),
  steps: z.number(),
  penalty: z.record(z.string(), z.number()).optional(),
  validation: z
    .object({ loss: z.number().nullable(), accuracy: z.number(), count: z.number() })
    .optional(),
});

const noteSchema = z.looseObject({
  round: z.number(),
  kind: z.string(),
  trials: z.array(candidateSchema),
  kept: candidateSchema.optional(),
  memory: z.unknown(),
  history: z.looseObject({ format: z.literal("wattsplit-history"), version: z.literal(2) }),
});

type Packed = z.infer<typeof candidateSchema>;

function packCandidate(
  candidate: Trial | TrainedCandidate,
  prefix: string,
  arrays: Arrays,
): Readonly<Record<string, unknown>> {
  const { training, network, penalty, validation, ...rest } = candidate;
  for (const [name, array] of training.weights) arrays.set(`${prefix}/weight/${name}`, array);
  for (const [name, array] of training.slots) arrays.set(`${prefix}/slot/${name}`, array);
  if (validation) arrays.set(`${prefix}/losses`, validation.losses);
  const { losses: _, ...score } = validation ?? {};
  return {
    ...rest,
    network: formatNetwork(network),
    steps: training.steps,
    ...(penalty ? { penalty: Object.fromEntries(penalty) } : {}),
    ...(validation ? { validation: score } : {}),
  };
}

function unpackCandidate<C extends Trial | TrainedCandidate>(
  packed: Packed,
  prefix: string,
  arrays: ReadonlyMap<string, Float32Array>,
): C {
  const { network, steps, penalty, validation, trainingLoss, ...rest } = packed;
  const training: TrainingState = {
    weights: below(`${prefix}/weight`, arrays),
    slots: below(`${prefix}/slot`, arrays),
    steps,
  };
  return {
    ...rest,
    network: parseNetwork(network, prefix),
    training,
    trainingLoss: trainingLoss ?? Number.NaN,
    ...(penalty ? { penalty: new Map(Object.entries(penalty)) } : {}),
    ...(validation ? { validation: evaluationOf(validation, prefix, arrays) } : {}),
  } as unknown as C;
}

const evaluationOf = (
  { loss, ...score }: NonNullable<Packed["validation"]>,
  prefix: string,
  arrays: ReadonlyMap<string, Float32Array>,
): Evaluation => ({
  ...score,
  loss: loss ?? Number.POSITIVE_INFINITY,
  losses: arrays.get(`${prefix}/losses`) ?? new Float32Array(),
});

/** The arrays under a prefix, by the rest of their names. */
function below(
  prefix: string,
  arrays: ReadonlyMap<string, Float32Array>,
): ReadonlyMap<string, Float32Array> {
  const start = `${prefix}/`;
  return new Map(
    [...arrays].flatMap(([name, array]) =>
      name.startsWith(start) ? [[name.slice(start.length), array] as const] : [],
    ),
  );
}
