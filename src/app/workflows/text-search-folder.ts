import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { nodeActivations } from "../../network/cells/recurrent-cell.ts";
import { checkResumable, folderRefusal } from "./resumable-folder.ts";
import { provenances, searchFile } from "./search-folder.ts";

const cellSchema = z.object({
  edges: z.array(z.string()).describe("tail->head; node 0 joins the word and the state before"),
  perplexity: z.number().nullable().describe("held out; null where training diverged"),
  score: z.number().nullable().describe("null where training diverged"),
});

const predictedStepSchema = z.object({
  latency_s: z.number(),
  low_s: z.number(),
  high_s: z.number(),
  energy_j: z.number().optional(),
  energy_low_j: z.number().optional(),
  energy_high_j: z.number().optional(),
  energyProvenance: z.enum(provenances).optional(),
  guessedShare: z.number().describe("of the latency, of steps predicted from their work alone"),
});
/** What a word is said to cost before it ran. */
export type PredictedStep = z.infer<typeof predictedStepSchema>;

/** history.json of a search for a recurrent cell. */
export const textSearchSchema = z.object({
  format: z.literal("wattsplit-cell-search"),
  version: z.literal(2),
  method: z.literal("autoshrink"),
  data: z.string(),
  seed: z.number(),
  recipe: z.string(),
  epochs: z.object({
    search: z.number().describe("of every candidate"),
    final: z.number().describe("from scratch, of the cell found"),
  }),
  parametersLimit: z.number().nullable().describe("null: none"),
  macsLimit: z.number().nullable().optional().describe("of a word; absent in older files"),
  latencyLimit_s: z.number().optional().describe("of a word"),
  energyLimit_j: z.number().optional().describe("of a word"),
  steps: z.array(
    z.object({
      tried: z.array(cellSchema),
      kept: z.number().describe("place in tried of the cell gone on with"),
    }),
  ),
  found: z.object({
    nodes: z.number(),
    edges: z.array(z.string()),
    activations: z.array(z.enum(nodeActivations)).describe("of nodes 1 and on"),
    hiddenSize: z.number(),
    words: z.number(),
    parameters: z.number(),
    macs: z.number().optional().describe("multiply-accumulates of a word; absent in older files"),
    score: z.number(),
    predicted: predictedStepSchema
      .optional()
      .describe("one word by the table that the search was given"),
  }),
  curve: z
    .array(
      z.object({
        epoch: z.number().describe("from 0"),
        trainingPerplexity: z.number(),
        validationPerplexity: z.number(),
      }),
    )
    .describe("of the cell found, from scratch on the whole text"),
  heldOutPerplexity: z.number().describe("the least of the curve, whose weights are delivered"),
  testPerplexity: z.number().describe("read once, at the end"),
});
export type TextSearchDocument = z.infer<typeof textSearchSchema>;

/** How a search was started, as a report says it. */
const runSchema = z.object({
  command: z.string(),
  toolVersion: z.string(),
  generatedAt: z.string(),
});
export type TextRunRecord = z.infer<typeof runSchema>;

const secondsSchema = z.object({ latency_s: z.number(), low_s: z.number(), high_s: z.number() });

/** verification.json: one step of the model on a device. */
export const stepVerificationSchema = z.object({
  measuredAt: z.string(),
  attempt: z.number(),
  device: z.string(),
  runtime: z.string(),
  threads: z.number(),
  loads: z.number(),
  samples: z.number(),
  measured: secondsSchema.describe("one word through the model: floor, 95 % interval over loads"),
  flags: z.array(z.string()),
});
export type StepVerification = z.infer<typeof stepVerificationSchema>;

const claimPath = (folder: string): string => join(folder, "cell-search.json");

/** Between two epochs of the training from scratch. */
export const cellTrainingPath = (folder: string): string => join(folder, "cell-training.state");

/** What a search under way must agree on to be gone on with, and the recipe that it began with. */
const claimSchema = z.object({ asked: z.string(), recipe: z.unknown() });

/** Throws a UserError where `folder` holds a search and resuming was not asked for, or the reverse. */
export function checkTextFolder(folder: string, asked: { readonly resume: boolean }): void {
  const isFinished = existsSync(searchFile(folder, "history"));
  const isUnderWay = existsSync(claimPath(folder));
  checkResumable(folder, { kind: "search", isUnderWay, isFinished }, asked);
}

/** The recipe that the search in the folder began with; undefined where none is under way. Throws a UserError where others were its settings. */
export function claimedRecipe(folder: string, asked: string): unknown {
  if (!existsSync(claimPath(folder))) return undefined;
  const claim = claimSchema.safeParse(readJson(claimPath(folder)));
  if (!claim.success)
    throw folderRefusal(
      `${claimPath(folder)} is damaged, or of another version of wattsplit`,
      "Give another --out folder, or use the version that wrote it.",
    );
  if (claim.data.asked !== asked)
    throw folderRefusal(
      `${folder} holds a search with ${claim.data.asked}, not ${asked}`,
      "Give the flags of that search, or another --out folder.",
    );
  return claim.data.recipe;
}

export const claimFolder = (folder: string, asked: string, recipe: unknown): void =>
  writeFileSync(claimPath(folder), JSON.stringify({ asked, recipe }));

/** The search is delivered. */
export function dropClaim(folder: string): void {
  rmSync(cellTrainingPath(folder), { force: true });
  rmSync(claimPath(folder), { force: true });
}

export function writeTextSearch(
  folder: string,
  run: TextRunRecord,
  document: TextSearchDocument,
): void {
  writeFileSync(searchFile(folder, "run"), `${JSON.stringify(run, null, 2)}\n`);
  writeFileSync(searchFile(folder, "history"), `${JSON.stringify(document, null, 2)}\n`);
}

/** What a finished search for a recurrent cell left; undefined where the folder holds something else. */
export function readTextSearch(
  folder: string,
): { readonly document: TextSearchDocument; readonly run: TextRunRecord } | undefined {
  const document = textSearchSchema.safeParse(readJson(searchFile(folder, "history")));
  const run = runSchema.safeParse(readJson(searchFile(folder, "run")));
  return document.success && run.success ? { document: document.data, run: run.data } : undefined;
}

/** How the step was measured last; undefined where it was not. */
export function readStepVerification(folder: string): StepVerification | undefined {
  const { success, data } = stepVerificationSchema.safeParse(
    readJson(searchFile(folder, "verification")),
  );
  return success ? data : undefined;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    // Whoever reads the folder as another kind says what is wrong with it.
    return undefined;
  }
}
