import { frontierFigure, renderFigure } from "../../src/figures/index.ts";
import type { Page, Section } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { markdownTable, microseconds, percent, points } from "../markdown.ts";
import { mean } from "../statistics.ts";
import { measuredTogetherSchema } from "../tasks/measure-task.ts";
import { type Found, foundSchema } from "../tasks/search-task.ts";
import { type Setting, settingKey } from "../tasks/setting.ts";
import { trainedSchema } from "../tasks/train-task.ts";
import { widthsText } from "../widths.ts";
import { againstCurve, type Curve, curveOf, type Point } from "./judgement.ts";
import {
  armName,
  type Batch,
  batchesOf,
  measuredKey,
  type Protocol,
  type Run,
  runKey,
  trainingKey,
} from "./protocol.ts";

export const curves = ["uniform", "uniform-on-stairs"] as const;

export function frontierPage(finished: Finished, protocol: Protocol): Page {
  const parts = protocol.settings.map((setting) => ({
    setting,
    points: pointsOf(setting, protocol, finished),
  }));
  const known = parts.filter(({ points }) => points.length > 0);
  return {
    title: "Frontier: accuracy against measured latency, every method against uniform widths",
    question:
      "At the same measured latency, are networks whose widths a search chose more accurate than uniform ones, and than what needs no search?",
    answer: known.length > 0 ? known.flatMap(verdict) : ["Nothing is trained and measured yet."],
    sections: [
      howSection(protocol),
      ...known.map(({ setting, points }) => section(setting, points)),
    ],
  };
}

/** Networks found, measured, and trained under at least one seed; of controls, the measurement beside the first batch. */
export function pointsOf(
  setting: Setting,
  protocol: Protocol,
  finished: Finished,
): readonly Point[] {
  return batchesOf(protocol)
    .filter((batch) => batch.setting === setting)
    .flatMap((batch) => batchPoints(batch, protocol, finished));
}

function batchPoints(batch: Batch, protocol: Protocol, finished: Finished): readonly Point[] {
  const measured = finished.result(measuredKey(batch), measuredTogetherSchema) ?? [];
  return batch.runs.flatMap((run) => {
    const found = finished.result(runKey(run), foundSchema);
    const record = measured.find(({ label }) => label === runKey(run));
    const trained = trainedOf(run, protocol, finished);
    return found && record && trained.length > 0
      ? [{ ...pointNote(run, found), ...record.measured, trained }]
      : [];
  });
}

const pointNote = ({ seed, share, ...arm }: Run, found: Found) => ({
  method: armName(arm),
  search: seed,
  share,
  found,
});

const trainedOf = (run: Run, { trainingSeeds }: Protocol, finished: Finished) =>
  trainingSeeds.flatMap((seed) => {
    const trained = finished.result(trainingKey(run, seed), trainedSchema);
    return trained ? [{ seed, accuracy: trained.test.accuracy, loss: trained.heldOut.loss }] : [];
  });

/** What each search said of its choice. */
function howEnded(points: readonly Point[]): readonly string[] {
  const said = points
    .filter(({ method }) => !curves.some((name) => name === method))
    .map(({ method, search, found }) => `- ${method}, search ${search}: ${found.ended}`);
  return said.length > 0 ? [`How searches ended:\n\n${said.join("\n")}`] : [];
}

function verdict({
  setting,
  points,
}: {
  readonly setting: Setting;
  readonly points: readonly Point[];
}): readonly string[] {
  const against = curves.map((name) => [name, curveOf(points, name)] as const);
  const own = points.filter(({ method }) => method === "splitting");
  if (own.length === 0) return [`${settingKey(setting)}: no search is finished yet.`];
  const stated = against.flatMap(([name, curve]) => {
    const judged = againstCurve(own, curve);
    return judged ? [`${differenceText(judged)} against ${name}`] : [];
  });
  return [
    `${settingKey(setting)}: networks of the default search are at ${stated.join(", ") || "latencies no uniform network was trained at"}.`,
  ];
}

export function differenceText(judged: NonNullable<ReturnType<typeof againstCurve>>): string {
  const { value, low, high } = judged.difference;
  if (low === undefined || high === undefined)
    return `${value >= 0 ? "+" : ""}${percent(value)} points (one search, no interval)`;
  return points({ value, low, high });
}

export function howSection(protocol: Protocol): Section {
  const { searching, searchExamples, training, trainingEpochs, trainingSeeds } = protocol;
  return {
    heading: "How",
    body: [
      "The budget is what the table predicts for uniform widths times the multiplier, each rounded up to an edge of the stairs. Every " +
        `search trains on ${searchExamples === undefined ? "all" : `${searchExamples} of the`} training images${searchExamples === undefined ? "" : " drawn once"} (batch ${searching.batch}, peak rate ${searching.learningRate}); its account is in the table. ` +
        `The widths found are trained from scratch on all training images for ${trainingEpochs} epochs on one cosine (batch ${training.batch}, peak rate ` +
        `${training.learningRate}), under ${trainingSeeds.length === 1 ? "one seed" : `the same ${trainingSeeds.length} seeds`} for every arm; the test split is read once, after the last epoch. ` +
        "The networks of a batch are measured in one session, interleaved, controls beside them.",
      "Uniform widths are rounded down to multiples of the runtime's block, which is kinder to them than the multiples of 8 in use elsewhere; they and " +
        "uniform widths on the stairs are trained at latencies around the budget; a network is held at its own measured latency against the line " +
        "through theirs: accuracy by the logarithm of latency, least squares. Intervals are 95 %: how much searches differ, and how uncertain " +
        "the line is, together (Welch).",
    ],
  };
}

export function section(setting: Setting, all: readonly Point[]): Section {
  const lines = curves.map((name) => [name, curveOf(all, name)] as const);
  const rows = [...all]
    .sort((a, b) => meanAccuracy(b) - meanAccuracy(a))
    .map((point) => [
      `${point.method}${point.share === 1 ? "" : ` at ${point.share}`}`,
      `${point.search}`,
      widthsText(point.found.widths),
      microseconds(point.found.predicted_s),
      `${microseconds(point.latency_s)} (${microseconds(point.low_s)} to ${microseconds(point.high_s)})`,
      percent(meanAccuracy(point)),
      `${point.trained.length}`,
      ...lines.map(([, curve]) => differenceAt(point, curve)),
      `${point.found.epochs}`,
    ]);
  return {
    heading: `${settingKey(setting)}`,
    body: [
      markdownTable(
        [
          "method",
          "search",
          "widths",
          "predicted, µs",
          "measured, µs (95 %)",
          "test, %",
          "seeds",
          ...curves.map((name) => `against ${name}, points`),
          "search epochs",
        ],
        rows,
      ),
      ...howEnded(all),
    ],
    figure: {
      name: settingKey(setting),
      description: `Test accuracy against measured latency, ${settingKey(setting)}`,
      svg: renderFigure(
        frontierFigure(
          all.map((point) => ({
            label: point.method,
            isReference: curves.some((name) => name === point.method),
            latency: { value: point.latency_s, low: point.low_s, high: point.high_s },
            accuracies: point.trained.map(({ accuracy }) => accuracy),
          })),
        ),
      ),
    },
  };
}

const meanAccuracy = ({ trained }: Point): number => mean(trained.map(({ accuracy }) => accuracy));

function differenceAt(point: Point, curve: Curve): string {
  const judged = againstCurve([point], curve);
  if (!judged || curve.method === point.method) return "";
  const { value } = judged.difference;
  return `${value >= 0 ? "+" : ""}${percent(value)}`;
}
