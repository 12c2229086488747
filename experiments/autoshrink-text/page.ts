import { describeEdge } from "../../src/network/cells/wiring.ts";
import type { Page } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { markdownTable } from "../markdown.ts";
import { mean, pairedDifference, standardDeviation } from "../statistics.ts";
import {
  arms,
  complete,
  finalKey,
  finalTokens,
  hiddenSize,
  noiseKey,
  searchKey,
  searchTokens,
  words,
} from "./protocol.ts";
import {
  type Found,
  foundSchema,
  noiseSchema,
  type Trained,
  trainedSchema,
} from "./wiring-tasks.ts";

interface Row {
  readonly label: string;
  readonly runs: readonly { readonly trained: Trained; readonly found?: Found }[];
}

export function textPage(finished: Finished, seeds: readonly number[]): Page {
  const title = "AutoShrink against chance, recurrent cells";
  const question =
    `Recurrent cells of ${complete.nodes} nodes and ${hiddenSize} hidden units read the ${words} commonest words of a text; edges are removed by their ` +
    `scores after a short training on ${searchTokens.training} words (held-out perplexity, and the published price of edges). Is what is left better ` +
    `than what chance leaves, once it is trained on ${finalTokens.training} words?`;
  const rows = rowsOf(finished, seeds);
  if (rows.every(({ runs }) => runs.length === 0))
    return { title, question, answer: ["Not run yet."], sections: [] };
  return {
    title,
    question,
    answer: [noiseText(finished, rows), ...comparisons(rows)],
    sections: [
      {
        heading: "Arms",
        body: [
          markdownTable(
            ["arm", "seeds", "trainings", "best score in the search", "edges", "test perplexity"],
            rows.map((row) => [
              row.label,
              `${row.runs.length}`,
              foundText(row, ({ trainings }) => `${trainings}`),
              foundText(row, ({ score }) => score.toFixed(2)),
              foundText(row, ({ wiring }) => wiring.edges.map(describeEdge).join(" ")),
              deviationText(row.runs.map(({ trained }) => trained.test)),
            ]),
          ),
        ],
      },
    ],
  };
}

function rowsOf(finished: Finished, seeds: readonly number[]): readonly Row[] {
  const runs = (key: (seed: number) => string, found?: (seed: number) => Found | undefined) =>
    seeds.flatMap((seed) => {
      const trained = finished.result(key(seed), trainedSchema);
      const result = found?.(seed);
      return trained ? [{ trained, ...(result ? { found: result } : {}) }] : [];
    });
  return [
    ...arms.map(({ label }, arm) => ({
      label,
      runs: runs(
        (seed) => finalKey(arm, seed),
        (seed) => finished.result(searchKey(arm, seed), foundSchema),
      ),
    })),
    { label: "complete wiring", runs: runs((seed) => finalKey("complete", seed)) },
  ];
}

const foundText = ({ runs }: Row, of: (found: Found) => string): string =>
  runs.flatMap(({ found }) => (found ? [of(found)] : [])).join("; ") || "-";

const deviationText = (values: readonly number[]): string =>
  values.length > 1
    ? `${mean(values).toFixed(1)} ± ${standardDeviation(values).toFixed(1)}`
    : values.map((value) => value.toFixed(1)).join("");

/** The noise of one training beside what tells candidates apart. */
function noiseText(finished: Finished, rows: readonly Row[]): string {
  const noise = finished.result(noiseKey, noiseSchema);
  if (!noise) return "The noise of a score is not measured yet.";
  const spreads = rows.flatMap(({ runs }) => runs.flatMap(({ found }) => found?.spread || []));
  return (
    `One wiring trained ${noise.perplexities.length} times has held-out perplexities of ${deviationText(noise.perplexities)}, which is ` +
    `${(0.25 * standardDeviation(noise.perplexities)).toFixed(2)} of score; scores of the candidates of one step, each another wiring, have a standard ` +
    `deviation of ${mean(spreads).toFixed(2)}.`
  );
}

/** The first arm against every other, seed by seed. */
function comparisons([shrunk, ...others]: readonly Row[]): readonly string[] {
  const lines = others.flatMap((other) => {
    const pairs = (shrunk?.runs ?? []).flatMap(({ trained }) => {
      const same = other.runs.find((run) => run.trained.seed === trained.seed);
      return same ? [[trained.test, same.trained.test] as const] : [];
    });
    const difference = pairedDifference(pairs);
    if (!difference) return [];
    const { value, low, high } = difference;
    const verdict = high < 0 ? "better" : low > 0 ? "worse" : "a tie";
    return [
      `- against ${other.label}: ${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}) of test perplexity: ${verdict}`,
    ];
  });
  return lines.length > 0
    ? [`Autoshrink, paired by seed, 95 % intervals of the mean:\n\n${lines.join("\n")}`]
    : [];
}
