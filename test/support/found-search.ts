import { mkdirSync } from "node:fs";
import { loadCosts, openTable } from "../../energy-db/index.ts";
import {
  type CandidateRecord,
  recipes,
  type SearchHistory,
  type SearchRound,
} from "../../search/index.ts";
import {
  type VerificationRecord,
  writeDocument,
  writeFound,
} from "../../src/app/workflows/search-folder.ts";
import { networkMacs, networkParameters } from "../../src/network/costs.ts";
import { initialWeights } from "../../src/network/initial-weights.ts";
import { seededRandom } from "../../src/random.ts";
import { smallNetwork } from "./formula-table.ts";

interface FoundSearch {
  readonly method?: string;
  readonly data?: string;
  readonly budget?: SearchHistory["budget"];
  readonly testAccuracy?: number;
}

/** Writes what a finished search over the formula table's networks leaves in its folder: a seed, two proposals, the delivered net. */
export function writeFoundSearch(
  folder: string,
  db: string,
  {
    method = "splitting",
    data = "synthetic",
    budget = { latency_s: 40e-6 },
    testAccuracy = 0.9,
  }: FoundSearch = {},
): void {
  mkdirSync(folder, { recursive: true });
  const candidate = (
    [label, accuracy]: readonly [string, number],
    widths: readonly [number, number],
  ): CandidateRecord => ({
    label,
    widths: { conv1: widths[0], conv2: widths[1], logits: 4 },
    cost: costOf(db, widths),
    epochs: 1,
    examples: 100,
    validation: { accuracy, loss: 1 - accuracy, lossError: 0.01 },
  });
  const rounds: readonly SearchRound[] = [
    { round: 0, kind: "seed", candidates: [candidate(["start", 0.6], [2, 4])], kept: 0 },
    {
      round: 1,
      kind: "lookahead",
      candidates: [candidate(["knapsack", 0.8], [4, 8]), candidate(["uniform", 0.75], [4, 12])],
      kept: 0,
    },
    { round: 2, kind: "final", candidates: [candidate(["from scratch", 0.85], [4, 8])], kept: 0 },
  ];
  const network = smallNetwork(4, 8);
  const history: SearchHistory = {
    format: "wattsplit-history",
    version: 2,
    method,
    seed: 1,
    network: "small",
    data,
    recipe: recipes.quick,
    training: { backend: "onnx-cpu" },
    costs: db,
    budget,
    granularity: 1,
    rounds,
    account: {
      candidates: 4,
      epochs: 4,
      examples: 400,
      macs: 1e6,
      latency_s: 1e-3,
      analysisMacs: 0,
    },
    test: { accuracy: testAccuracy, loss: 0.3, count: 1000 },
  };
  writeFound(folder, { network, weights: initialWeights(network, seededRandom(1)), history });
  writeDocument(folder, "run", {
    command: `wattsplit search --method ${method}`,
    toolVersion: "0.0.0",
    generatedAt: "2026-01-01T01:00:00Z",
    db,
    device: "local",
    runtime: "ort-cpu",
    threads: 1,
    space: "small",
    budget,
    margin: 0.05,
  });
}

/** A tenth slower on the device than predicted, its layers by the profiler; energy as given. */
export function writeVerified(
  folder: string,
  db: string,
  energy?: VerificationRecord["energy"],
): void {
  const { latency_s } = costOf(db, [4, 8]);
  const measured_s = 1.1 * latency_s;
  writeDocument(folder, "verification", {
    measuredAt: "2026-01-01T02:00:00Z",
    attempt: 1,
    samples: 100,
    loads: 3,
    predicted_s: latency_s,
    low_s: 0.95 * latency_s,
    high_s: 1.05 * latency_s,
    measured: { latency_s: measured_s, low_s: 0.99 * measured_s, high_s: 1.01 * measured_s },
    error: -0.09,
    ...(energy ? { energy } : {}),
    layers: [
      {
        layer: "conv1",
        predicted_s: 2e-6,
        predictedLow_s: 1.9e-6,
        predictedHigh_s: 2.1e-6,
        provenance: "interpolated",
        isMeasuredWidth: true,
        measured_s: 2.2e-6,
        low_s: 2.1e-6,
        high_s: 2.3e-6,
        belowResolution: false,
      },
      {
        layer: "pool",
        predicted_s: 1e-6,
        predictedLow_s: 0.9e-6,
        predictedHigh_s: 1.1e-6,
        provenance: "interpolated",
        isMeasuredWidth: true,
        measured_s: -34e-9,
        low_s: -1e-6,
        high_s: 1e-6,
        belowResolution: true,
      },
    ],
    flags: [],
  });
}

function costOf(db: string, [first, second]: readonly [number, number]) {
  const network = smallNetwork(first, second);
  const table = openTable(db, { mode: "read" });
  const [platform] = table.platforms();
  const { latency_s, energy_j } = loadCosts(table, platform?.id ?? 0).networkCost(network);
  table.close();
  return {
    latency_s,
    ...(energy_j === undefined ? {} : { energy_j }),
    macs: networkMacs(network),
    parameters: networkParameters(network),
  };
}
