import { resolve } from "node:path";
import type { SearchHistory } from "../../../../search/index.ts";
import { formatJoules, formatPercent, formatSeconds } from "../../../units.ts";
import {
  type FinishedSearch,
  type ReferenceRecord,
  readDocument,
  readFound,
  type VerificationRecord,
} from "../../workflows/search-folder.ts";
import { widthText } from "./references.ts";

/** What the quickstart found, beside the reference network that its budget is a fraction of. */
export interface QuickstartResult {
  readonly widths: string;
  readonly run: FinishedSearch["run"];
  readonly history: SearchHistory;
  readonly verification: VerificationRecord;
  readonly references: readonly ReferenceRecord[];
  /** Measured latency over the reference's, both measured in the same minute. */
  readonly share: number;
  /** The same for energy; absent where nothing metered it. */
  readonly energyShare?: number;
}

/** Reads the result from the folder; `reference` is the label of the network that the budget is a fraction of. */
export function quickstartResult(folder: string, reference: string): QuickstartResult {
  const { history, network, run } = readFound(folder);
  const verification = readDocument(folder, "verification");
  const references = readDocument(folder, "references") ?? [];
  const full = references.find(({ label }) => label === reference);
  if (!verification || !full?.measured) throw new Error(`${folder} holds no complete verification`);
  const { measured, energy } = verification;
  return {
    widths: widthText(network),
    run,
    history,
    verification,
    references,
    share: measured.latency_s / full.measured.latency_s,
    ...(energy && full.measured_j ? { energyShare: energy.energy_j / full.measured_j } : {}),
  };
}

export function resultText(
  { widths, history, verification, references, share, energyShare }: QuickstartResult,
  { budget, report }: { readonly budget: number; readonly report: string },
): string {
  const { measured, predicted_s, error, energy } = verification;
  return [
    `Found network   widths ${widths}, MNIST test accuracy ${formatPercent(history.test?.accuracy ?? 0)}`,
    `Latency         ${formatSeconds(measured.latency_s)} measured, ${formatPercent(share)} of the reference's ` +
      `(budget ${formatPercent(budget)}); predicted ${formatSeconds(predicted_s)}, error ${formatPercent(error)}`,
    ...(energy && energyShare !== undefined
      ? [
          `Energy          ${formatJoules(energy.energy_j)} ${energy.provenance}, ${formatPercent(energyShare)} of the reference's`,
        ]
      : []),
    ...references.map(
      ({ label, accuracy, measured: time, latency_s }) =>
        `Compared with   ${label}: accuracy ${formatPercent(accuracy)}, ` +
        (time
          ? `${formatSeconds(time.latency_s)} measured`
          : `${formatSeconds(latency_s)} predicted`),
    ),
    ...againstUniform(history, verification, references[references.length - 1]),
    `Report          ${resolve(report)}`,
  ].join("\n");
}

/** Whether the search was worth it: against uniform widths under the same budget, both measured, chance considered. */
function againstUniform(
  { test }: SearchHistory,
  { measured }: VerificationRecord,
  uniform: ReferenceRecord | undefined,
): readonly string[] {
  if (!test || !uniform?.measured) return [];
  const difference = test.accuracy - uniform.accuracy;
  const variance = (accuracy: number) => (accuracy * (1 - accuracy)) / test.count;
  const error = 1.96 * Math.sqrt(variance(test.accuracy) + variance(uniform.accuracy));
  const points = (share: number) => (100 * share).toFixed(2);
  const outcome = Math.abs(difference) <= error ? "a tie" : difference > 0 ? "better" : "worse";
  return [
    `In short        ${outcome}: ${points(difference)} ± ${points(error)} points of accuracy against ${uniform.label}, ` +
      `at ${formatSeconds(measured.latency_s)} against ${formatSeconds(uniform.measured.latency_s)}`,
  ];
}
