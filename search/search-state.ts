import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../src/errors.ts";
import type { Network } from "../src/network/network.ts";
import { formatNetwork, parseNetwork } from "../src/network/network-file.ts";
import type { Weights } from "../src/network/parameters.ts";
import { loadCheckpoint, saveCheckpoint } from "../src/training/checkpoint.ts";
import type { TrainingState } from "../src/training/trainer.ts";
import type { RoundKind, SearchHistory, SplitRecord } from "./history.ts";

/** Where a search stands: between two epochs of one phase. Saved after every epoch, so a kill loses one at most. */
export interface SearchState {
  readonly history: SearchHistory;
  readonly network: Network;
  readonly round: number;
  readonly kind: RoundKind;
  /** Epochs of this phase done. */
  readonly epoch: number;
  readonly trainingLoss: number;
  /** The growth step that began this phase. */
  readonly added: Readonly<Record<string, number>>;
  readonly split?: SplitRecord;
  readonly training: TrainingState;
}

const stateFile = "search.state";
const statePath = (folder: string): string => join(folder, stateFile);

/** True while a search in this folder has been started and not been delivered. */
export const searchIsUnderWay = (folder: string): boolean => existsSync(statePath(folder));

/** Ends the state of a delivered search. */
export const dropSearchState = (folder: string): void => rmSync(statePath(folder), { force: true });

const slotPrefix = "slot ";

export function saveSearchState(folder: string, state: SearchState): void {
  const { training, network, ...note } = state;
  const arrays = new Map<string, Float32Array>(training.weights);
  for (const [name, array] of training.slots) arrays.set(slotPrefix + name, array);
  saveCheckpoint(statePath(folder), {
    note: { ...note, network: formatNetwork(network), steps: training.steps },
    arrays,
  });
}

const noteSchema = z.looseObject({
  network: z.string(),
  round: z.number(),
  kind: z.enum(["seed", "growth", "final"]),
  epoch: z.number(),
  // JSON has no NaN: a phase without a finished epoch has no loss.
  trainingLoss: z.number().nullable(),
  steps: z.number(),
  added: z.record(z.string(), z.number()),
  history: z.looseObject({ format: z.literal("wattsplit-history"), version: z.literal(1) }),
});

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
  const { network, steps, trainingLoss, ...rest } = parsed.data;
  const entries = [...arrays];
  const weights: Weights = new Map(entries.filter(([name]) => !name.startsWith(slotPrefix)));
  const slots = new Map(
    entries
      .filter(([name]) => name.startsWith(slotPrefix))
      .map(([name, array]) => [name.slice(slotPrefix.length), array]),
  );
  return {
    // The digest of the checkpoint vouches for what the schema leaves open: it is what saveSearchState wrote.
    ...(rest as unknown as Omit<SearchState, "network" | "training" | "trainingLoss">),
    trainingLoss: trainingLoss ?? Number.NaN,
    network: parseNetwork(network, path),
    training: { weights, slots, steps },
  };
}
