import { resolve } from "node:path";
import type { SearchHistory } from "../../../search/index.ts";
import { formatJoules, formatPercent, formatSeconds } from "../../units.ts";
import { energyBasis } from "../workflows/judge-budget.ts";
import type { QuickstartResult } from "../workflows/quickstart-summary.ts";
import type { ReferenceRecord, VerificationRecord } from "../workflows/search-folder.ts";

/** What the quickstart prints: the found network beside the reference's and the uniform one's. */
export function resultText(
  { widths, history, verification, references, energyShare, ...result }: QuickstartResult,
  { budget, report }: { readonly budget: number; readonly report: string },
): string {
  const { measured, predicted_s, error, energy } = verification;
  const { share, shareLow, shareHigh } = result;
  return [
    `Found network   widths ${widths}, MNIST test accuracy ${formatPercent(history.test?.accuracy ?? 0)}`,
    `Latency         ${formatSeconds(measured.latency_s)} measured, ${formatPercent(share)} (${formatPercent(shareLow)} to ${formatPercent(shareHigh)}) of the reference's ` +
      `(budget ${formatPercent(budget)}); predicted ${formatSeconds(predicted_s)}, error ${formatPercent(error)}`,
    ...(energy && energyShare !== undefined
      ? [
          `Energy          ${formatJoules(energy.energy_j)}, ${formatPercent(energyShare)} of the reference's; ${energyBasis(energy)}`,
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
