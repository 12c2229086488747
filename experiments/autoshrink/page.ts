import { convolutionalScore } from "../../search/autoshrink/score.ts";
import { arms as armsFigure, renderFigure } from "../../src/figures/index.ts";
import { describeEdge } from "../../src/network/cells/wiring.ts";
import { networkMacs } from "../../src/network/costs.ts";
import { formatCount } from "../../src/units.ts";
import type { Page, Section } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { markdownTable, percent, points } from "../markdown.ts";
import { mean, pairedDifference, standardDeviation } from "../statistics.ts";
import { type Trained, trainedSchema } from "../tasks/train-task.ts";
import { completeNetwork, thinnedNetwork } from "./networks.ts";
import {
  arms,
  controls,
  finalEpochs,
  finalExamples,
  finalKey,
  noiseKey,
  searchExamples,
  searching,
  searchKey,
} from "./protocol.ts";
import { type Found, foundSchema, noiseSchema } from "./score-task.ts";

/** An arm under all its finished seeds. */
interface Row {
  readonly label: string;
  readonly runs: readonly Run[];
}

interface Run {
  readonly seed: number;
  readonly macs: number;
  readonly trained: Trained;
  /** Absent where nobody searched. */
  readonly found?: Found;
}

export function autoshrinkPage(finished: Finished, seeds: readonly number[]): Page {
  const title = "AutoShrink against chance";
  const question =
    `Cells of five nodes lose one edge after the other, the one whose absence scores best (held-out accuracy on ${searchExamples.heldOut} ` +
    `Fashion-MNIST images after ${searching.trialEpochs} epochs on ${searchExamples.training}, less ten points per decade of MACs). Is what is left ` +
    `better than what chance leaves, once it is trained on ${finalExamples} images for ${finalEpochs} epochs?`;
  const rows = rowsOf(finished, seeds);
  const [shrunk] = rows;
  if (!shrunk || shrunk.runs.length === 0)
    return { title, question, answer: ["Not run yet."], sections: [] };
  return {
    title,
    question,
    answer: [noiseText(finished, rows), ...comparisons(rows)],
    sections: [tableOf(rows), wiringsOf(rows)],
  };
}

function rowsOf(finished: Finished, seeds: readonly number[]): readonly Row[] {
  const found = (arm: number, seed: number) => finished.result(searchKey(arm, seed), foundSchema);
  const searched = arms.map(({ label }, arm) => ({
    label,
    runs: seeds.flatMap((seed): readonly Run[] => {
      const result = found(arm, seed);
      const trained = finished.result(finalKey(arm, seed), trainedSchema);
      return result && trained ? [{ seed, macs: result.macs, trained, found: result }] : [];
    }),
  }));
  const macsOf = {
    complete: () => networkMacs(completeNetwork()),
    thinned: (macs: number) => networkMacs(thinnedNetwork(macs)),
  };
  const unsearched = (["complete", "thinned"] as const).map((control) => ({
    label: controls[control],
    runs: seeds.flatMap((seed): readonly Run[] => {
      const trained = finished.result(finalKey(control, seed), trainedSchema);
      const first = found(0, seed);
      return trained && first ? [{ seed, macs: macsOf[control](first.macs), trained }] : [];
    }),
  }));
  return [...searched, ...unsearched];
}

const accuracyOf = ({ trained }: Run): number => trained.test.accuracy;
const finalScore = (run: Run): number => convolutionalScore(accuracyOf(run), "macs", run.macs);

const meanOf = ({ runs }: Row, of: (run: Run) => number): number => mean(runs.map(of));

/** The noise of one training beside what tells candidates apart. */
function noiseText(finished: Finished, rows: readonly Row[]): string {
  const noise = finished.result(noiseKey, noiseSchema);
  if (!noise) return "The noise of a score is not measured yet.";
  const spreads = rows.flatMap(({ runs }) => runs.flatMap(({ found }) => found?.spread || []));
  return (
    `One wiring trained ${noise.accuracies.length} times scores with a standard deviation of ` +
    `${standardDeviation(noise.accuracies).toFixed(4)} (accuracy ${percent(mean(noise.accuracies))} %). Scores of the candidates of one step, ` +
    `each another wiring, have one of ${mean(spreads).toFixed(4)}, MACs included.`
  );
}

/** The first arm against every other, seed by seed. */
function comparisons([shrunk, ...others]: readonly Row[]): readonly string[] {
  if (!shrunk) return [];
  const lines = others.flatMap((other) => {
    const pairs = shrunk.runs.flatMap((run) => {
      const same = other.runs.find(({ seed }) => seed === run.seed);
      return same ? [[run, same] as const] : [];
    });
    const accuracy = pairedDifference(pairs.map(([a, b]) => [accuracyOf(a), accuracyOf(b)]));
    const score = pairedDifference(pairs.map(([a, b]) => [finalScore(a), finalScore(b)]));
    if (!accuracy || !score) return [];
    const ratio = mean(pairs.map(([a, b]) => a.macs / b.macs));
    const verdict = score.low > 0 ? "better" : score.high < 0 ? "worse" : "a tie";
    return [
      `- against ${other.label}: ${points(accuracy)} of test accuracy at ${ratio.toFixed(2)} of the MACs, score ` +
        `${signed(score.value)} (${signed(score.low)} to ${signed(score.high)}): ${verdict}`,
    ];
  });
  return [
    `${capital(shrunk.label)}, paired by seed, 95 % intervals of the mean; "score" is the final test accuracy less ten points per decade of MACs:\n\n${lines.join("\n")}`,
  ];
}

const signed = (value: number): string => `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(4)}`;
const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

function tableOf(rows: readonly Row[]): Section {
  const shown = rows.filter(({ runs }) => runs.length > 0);
  const figureRows = shown
    .map((row) => ({
      label: row.label,
      isReference: row.label === controls.thinned,
      accuracies: row.runs.map(accuracyOf),
    }))
    .sort((a, b) => mean(b.accuracies) - mean(a.accuracies));
  return {
    heading: "Arms",
    body: [
      markdownTable(
        ["arm", "seeds", "trainings", "best score in the search", "MACs", "test accuracy", "score"],
        shown.map((row) => [
          row.label,
          `${row.runs.length}`,
          searchedText(row, ({ trainings }) => trainings.toFixed(0)),
          searchedText(row, ({ score }) => score.toFixed(4), ", "),
          formatCount(meanOf(row, ({ macs }) => macs)),
          accuracyText(row),
          meanOf(row, finalScore).toFixed(4),
        ]),
      ),
    ],
    figure: {
      name: "arms",
      description: "Test accuracy by arm, one small dot per seed; arms differ in MACs too",
      svg: renderFigure(armsFigure(figureRows, { by: "arm", reference: controls.thinned })),
    },
  };
}

/** Different values over the seeds. */
const searchedText = ({ runs }: Row, of: (found: Found) => string, between = " to "): string =>
  [...new Set(runs.flatMap(({ found }) => (found ? [of(found)] : [])))].join(between) || "-";

function accuracyText(row: Row): string {
  const accuracies = row.runs.map(accuracyOf);
  const deviation = accuracies.length > 1 ? ` ± ${percent(standardDeviation(accuracies))}` : "";
  return `${percent(mean(accuracies))}${deviation} %`;
}

const wiringsOf = (rows: readonly Row[]): Section => ({
  heading: "Wirings found",
  body: [
    markdownTable(
      ["arm", "seed", "operations of nodes 1 to 4", "edges"],
      rows.flatMap(({ label, runs }) =>
        runs.flatMap(({ seed, found }) =>
          found
            ? [
                [
                  label,
                  `${seed}`,
                  found.cell.operations.join(", "),
                  found.cell.wiring.edges.map(describeEdge).join(", "),
                ],
              ]
            : [],
        ),
      ),
    ),
  ],
});
