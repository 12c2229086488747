import type { ReportData } from "../../figures/index.ts";
import {
  readStepVerification,
  readTextSearch,
  type StepVerification,
  type TextRunRecord,
  type TextSearchDocument,
} from "./text-search-folder.ts";

interface FinishedTextSearch {
  readonly document: TextSearchDocument;
  readonly run: TextRunRecord;
  /** One step of the model on the device, where it was run there. */
  readonly step?: StepVerification | undefined;
}

/** Everything that a search for a recurrent cell left in its folder; undefined where the folder holds none. */
export function textFolderReport(folder: string): ReportData | undefined {
  const found = readTextSearch(folder);
  return found && textReport({ ...found, step: readStepVerification(folder) });
}

export function textReport({ document, run, step }: FinishedTextSearch): ReportData {
  const { data, seed, epochs, found, steps, curve, testPerplexity, parametersLimit, macsLimit } =
    document;
  const { nodes, hiddenSize, words, edges, activations, parameters, macs, predicted } = found;
  const wiringOf = (all: readonly string[]): string => all.join(", ");
  return {
    title: `Recurrent cell for ${data}`,
    ...run,
    seed,
    text: {
      method: document.method,
      dataset: data,
      recipe:
        `${nodes} nodes, ${hiddenSize} hidden units, ${words} words; ${epochs.search} epochs of every cell tried, ` +
        `${epochs.final} of the one found`,
      cells: steps.flatMap(({ tried, kept }, step) =>
        tried.map(({ edges: own, perplexity, score }, i) => ({
          step: step + 1,
          edges: own.length,
          wiring: wiringOf(own),
          perplexity: perplexity ?? undefined,
          score: score ?? undefined,
          isKept: i === kept,
          isDelivered: wiringOf(own) === wiringOf(edges),
        })),
      ),
      curve: curve.map(({ epoch, trainingPerplexity, validationPerplexity }) => ({
        epoch: epoch + 1,
        training: trainingPerplexity,
        heldOut: validationPerplexity,
      })),
      testPerplexity,
      parameters,
      limit: parametersLimit ?? undefined,
      macs,
      macsLimit: macsLimit ?? undefined,
      wiring: `${wiringOf(edges)}; ${activations.map((name, i) => `${i + 1} ${name}`).join(", ")}`,
      step_s: step && {
        value: step.measured.latency_s,
        low: step.measured.low_s,
        high: step.measured.high_s,
        provenance: "measured",
      },
      predicted: predicted && {
        latency_s: {
          value: predicted.latency_s,
          low: predicted.low_s,
          high: predicted.high_s,
          provenance: "predicted",
        },
        ...(predicted.energy_j === undefined
          ? {}
          : {
              energy_j: {
                value: predicted.energy_j,
                low: predicted.energy_low_j,
                high: predicted.energy_high_j,
                provenance: predicted.energyProvenance ?? "predicted",
              },
            }),
        guessedShare: predicted.guessedShare,
        latencyLimit_s: document.latencyLimit_s,
        energyLimit_j: document.energyLimit_j,
      },
    },
  };
}
