import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { FoundNetwork, SearchHistory } from "../../../search/index.ts";
import { UserError } from "../../errors.ts";
import { exportNetwork } from "../../network/export.ts";
import { exportTflite } from "../../network/export-tflite.ts";
import type { Network } from "../../network/network.ts";
import { formatNetwork, parseNetwork } from "../../network/network-file.ts";
import type { Weights } from "../../network/parameters.ts";
import { decodeModel, encodeModel } from "../../onnx/index.ts";
import { encodeTflite } from "../../tflite/index.ts";
import { loadCheckpoint, saveCheckpoint } from "../../training/checkpoint.ts";

/** Files of a search's output folder. */
const files = {
  network: "network.json",
  model: "network.onnx",
  tflite: "network.tflite",
  weights: "network.weights",
  history: "history.json",
  run: "run.json",
  references: "references.json",
  verification: "verification.json",
  report: "report.html",
} as const;

/** Path of one of the files of a search's folder. */
export const searchFile = (folder: string, file: keyof typeof files): string =>
  join(folder, files[file]);

export const budgetSchema = z.object({
  latency_s: z.number().optional(),
  energy_j: z.number().optional(),
  macs: z.number().optional(),
  parameters: z.number().optional(),
  peakMemory_bytes: z.number().optional(),
});

/** How a search was started, as a later command needs to know it. */
const runSchema = z.object({
  command: z.string(),
  toolVersion: z.string(),
  generatedAt: z.string(),
  db: z.string(),
  device: z.string(),
  /** Its number in the table; absent in older runs. */
  platform: z.number().optional(),
  /** That of the imported table whose costs were taken in place of a platform's. */
  imported: z.number().optional(),
  runtime: z.string(),
  threads: z.number(),
  space: z.string(),
  /** The budget asked for; the history holds it less the margin. */
  budget: budgetSchema,
  margin: z.number(),
  /** What the budget is a fraction of, in words. */
  budgetReference: z.string().optional(),
});
export type RunRecord = z.infer<typeof runSchema>;

const summarySchema = z.object({
  latency_s: z.number(),
  low_s: z.number(),
  high_s: z.number(),
});

export const provenances = [
  "measured",
  "derived",
  "modelled",
  "interpolated",
  "predicted",
  "imported",
  "simulated",
] as const;

const joulesSchema = z.object({ energy_j: z.number(), low_j: z.number(), high_j: z.number() });

/** Gross energy per inference, and net of idle power where that is known. */
const grossAndNetSchema = joulesSchema.extend({
  net: joulesSchema.optional(),
  provenance: z.enum(provenances),
});

/** Of a network that was run: metered over separated windows, or else a power of the table for the time that it took. */
const energySchema = grossAndNetSchema.extend({
  /** What read the power, or "assumed". */
  meter: z.string(),
  /** Mean power of the table for this network; absent where a meter ran beside it. */
  power_w: z.number().optional(),
});

/** A uniform-width network trained and measured beside the found one. */
const referenceSchema = z.object({
  label: z.string(),
  accuracy: z.number(),
  validationAccuracy: z.number(),
  latency_s: z.number(),
  measured: summarySchema.optional(),
  /** The same at the speed that the table's costs stand for. */
  atTableSpeed: summarySchema.optional(),
  /** What the table says. */
  energy_j: z.number().optional(),
  /** As verified beside the found network. */
  energy: energySchema.optional(),
  macs: z.number(),
  parameters: z.number(),
  peakMemory_bytes: z.number().optional(),
});
export type ReferenceRecord = z.infer<typeof referenceSchema>;

const layerSchema = z.object({
  layer: z.string(),
  predicted_s: z.number(),
  predictedLow_s: z.number(),
  predictedHigh_s: z.number(),
  provenance: z.enum(provenances),
  /** Whether the table holds rows of exactly this width. */
  isMeasuredWidth: z.boolean(),
  measured_s: z.number(),
  low_s: z.number(),
  high_s: z.number(),
  /** Too short for the node profiler to tell from nothing. */
  belowResolution: z.boolean(),
  /** The table's power of such a layer for the time measured; absent without one, or below resolution. */
  energy: grossAndNetSchema.optional(),
});

/** The found network measured again on its device. */
const verificationSchema = z.object({
  measuredAt: z.string(),
  /** How often the network was verified, this time included: a budget missed at first is not met by trying on. */
  attempt: z.number(),
  /** Calm samples behind the floor, and loads of the network that they come from. */
  samples: z.number(),
  loads: z.number(),
  predicted_s: z.number(),
  low_s: z.number(),
  high_s: z.number(),
  /** Floor: what the hardware needs. */
  measured: summarySchema,
  /** Median of all batches, disturbed ones too: what a user meets. */
  typical_s: z.number().optional(),
  /** (predicted - measured) / measured */
  error: z.number(),
  /** The floor as the canary says it would be at the speed that the table's costs stand for, and the error then. */
  atTableSpeed: summarySchema.extend({ error: z.number() }).optional(),
  predicted_j: z.number().optional(),
  predictedNet_j: z.number().optional(),
  energy: energySchema.optional(),
  layers: z.array(layerSchema),
  flags: z.array(z.string()),
});
export type VerificationRecord = z.infer<typeof verificationSchema>;

/** Schemas of the folder's documents. */
export const searchDocuments = {
  run: runSchema,
  references: z.array(referenceSchema),
  verification: verificationSchema,
} as const;
type Documents = {
  readonly [D in keyof typeof searchDocuments]: z.infer<(typeof searchDocuments)[D]>;
};

/** Stores a verification, counting the ones before it. */
export function writeVerification(folder: string, record: VerificationRecord): VerificationRecord {
  const before = readDocument(folder, "verification")?.attempt ?? 0;
  const counted = { ...record, attempt: before + 1 };
  writeDocument(folder, "verification", counted);
  return counted;
}

export function writeDocument<D extends keyof Documents>(
  folder: string,
  name: D,
  document: Documents[D],
): void {
  writeFileSync(searchFile(folder, name), `${JSON.stringify(document, null, 2)}\n`);
}

/** A document of the folder; undefined where it was not written yet. */
export function readDocument<D extends keyof Documents>(
  folder: string,
  name: D,
): Documents[D] | undefined {
  const path = searchFile(folder, name);
  if (!existsSync(path)) return undefined;
  const parsed = searchDocuments[name].safeParse(parseJson(readFileSync(path, "utf8"), path));
  if (!parsed.success) throw notOfSearch(path, parsed.error);
  // The schema of `name` has just vouched for it; TypeScript does not index the result by D.
  return parsed.data as Documents[D];
}

/** network.json, network.onnx (batch norm folded) and network.weights (as trained). */
export function writeTrained(
  folder: string,
  { network, weights }: Pick<FoundNetwork, "network" | "weights">,
): void {
  saveCheckpoint(searchFile(folder, "weights"), { note: {}, arrays: weights });
  writeFileSync(searchFile(folder, "network"), formatNetwork(network));
  writeFileSync(searchFile(folder, "model"), encodeModel(exportNetwork(network, weights)));
  // There is no propagation in TensorFlow Lite.
  if (!network.layers.some(({ kind }) => kind === "propagate"))
    writeFileSync(searchFile(folder, "tflite"), encodeTflite(exportTflite(network, weights)));
}

/** A trained network's files, and history.json. */
export function writeFound(folder: string, { history, ...trained }: FoundNetwork): void {
  writeTrained(folder, trained);
  writeFileSync(searchFile(folder, "history"), `${JSON.stringify(history, null, 2)}\n`);
}

export interface FinishedSearch {
  readonly network: Network;
  readonly weights: Weights;
  readonly history: SearchHistory;
  readonly run: RunRecord;
}

/** What a finished search left in its folder; a UserError where something is missing. */
export function readFound(folder: string): FinishedSearch {
  const history = parseJson(readFile(folder, "history").toString(), searchFile(folder, "history"));
  const run = readDocument(folder, "run");
  if (!isHistory(history) || !run) throw notOfSearch(searchFile(folder, "history"));
  const network = parseNetwork(
    readFile(folder, "network").toString(),
    searchFile(folder, "network"),
  );
  return { network, weights: loadCheckpoint(searchFile(folder, "weights")).arrays, history, run };
}

/** Throws a UserError unless network.onnx is whole and the network that is about to be measured. */
export function requireModel(folder: string, { network, weights }: FinishedSearch): void {
  const path = searchFile(folder, "model");
  const found = readFile(folder, "model");
  try {
    decodeModel(found);
  } catch (cause) {
    throw cause instanceof UserError
      ? new UserError(`${path}: ${cause.message}`, { hint: cause.hint, exit: "usage", cause })
      : cause;
  }
  if (!found.equals(encodeModel(exportNetwork(network, weights))))
    throw new UserError(`${path} is not the network of network.json and network.weights`, {
      hint: "Run the search again, or put the three files of one search side by side.",
      exit: "usage",
    });
}

const isHistory = (value: unknown): value is SearchHistory =>
  z.object({ format: z.literal("wattsplit-history"), version: z.literal(2) }).safeParse(value)
    .success;

function readFile(folder: string, file: keyof typeof files): Buffer {
  const path = searchFile(folder, file);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UserError(`Cannot read ${path}`, {
      hint: "Give the --out folder of a finished search.",
      exit: "usage",
      cause,
    });
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notOfSearch(path, cause);
  }
}

const notOfSearch = (path: string, cause?: unknown): UserError =>
  new UserError(`${path} is not what a search of this version writes`, {
    hint: "Give the --out folder of a search; run the search again if the file was changed.",
    exit: "usage",
    cause,
  });
