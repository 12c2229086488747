import { frontierFigure, renderFigure } from "../../src/figures/index.ts";
import type { Page, Section } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { againstCurve, type Curve, curveOf, type Point } from "../frontier/judgement.ts";
import { markdownTable, microseconds, percent, points } from "../markdown.ts";
import { mean, pairedDifference } from "../statistics.ts";
import { measuredTogetherSchema } from "../tasks/measure-task.ts";
import { foundSchema } from "../tasks/search-task.ts";
import { settingKey } from "../tasks/setting.ts";
import { tableKey, tableSchema } from "../tasks/table-task.ts";
import { trainedSchema } from "../tasks/train-task.ts";
import { widthsText } from "../widths.ts";
import {
  type Arm,
  armKey,
  armsOf,
  folds,
  foldsOf,
  measuredKey,
  type Protocol,
  setting,
  trainingKey,
} from "./protocol.ts";

const curves = ["uniform", "uniform-on-stairs"] as const;

/** A network on one fold. */
interface FoldPoint extends Point {
  readonly arm: Arm;
  readonly fold: number;
}

export function kwsPage(finished: Finished, protocol: Protocol): Page {
  const all = pointsOf(finished, protocol);
  return {
    title: "Keyword spotting: widths searched for, against uniform ones",
    question:
      "A depthwise-separable network for twelve keywords: are networks whose widths a search chose more accurate than uniform ones at the " +
      "same measured latency, on speakers that neither search nor training heard?",
    answer: answer(all, protocol),
    sections: [how(finished, protocol), ...(all.length > 0 ? [results(all)] : [])],
  };
}

function pointsOf(finished: Finished, protocol: Protocol): readonly FoldPoint[] {
  const measured = finished.result(measuredKey, measuredTogetherSchema) ?? [];
  return armsOf(protocol).flatMap((arm) => {
    const found = finished.result(armKey(arm), foundSchema);
    const record = measured.find(({ label }) => label === armKey(arm));
    if (!found || !record) return [];
    return foldsOf(arm).flatMap((fold) => {
      const trained = protocol.seeds.flatMap((seed) => {
        const result = finished.result(trainingKey(arm, fold, seed), trainedSchema);
        return result ? [{ seed, accuracy: result.test.accuracy, loss: result.heldOut.loss }] : [];
      });
      const { method, share } = arm;
      return trained.length === protocol.seeds.length
        ? [{ arm, fold, method, share, search: fold, found, ...record.measured, trained }]
        : [];
    });
  });
}

/** Fold by fold, so that what folds differ by is no noise; folds without a uniform network as slow, or as fast, are left out. */
function against(
  own: readonly FoldPoint[],
  all: readonly FoldPoint[],
  method: Curve["method"],
): readonly number[] {
  return folds.flatMap((fold) => {
    const ofFold = (points: readonly FoldPoint[]) => points.filter((one) => one.fold === fold);
    const judged = againstCurve(ofFold(own), curveOf(ofFold(all), method));
    return judged ? [judged.difference.value] : [];
  });
}

function answer(all: readonly FoldPoint[], { searched }: Protocol): readonly string[] {
  const known = searched.flatMap((method) => {
    const own = all.filter((one) => one.method === method);
    const judged = curves.flatMap((name) => {
      const differences = against(own, all, name);
      const estimate = pairedDifference(differences.map((value) => [value, 0] as const));
      return estimate ? [`${points(estimate)} against ${name} (${differences.length} folds)`] : [];
    });
    return judged.length > 0
      ? [
          `${method}, ${own.length} folds: ${judged.join(", ")}, at its own measured latency; folds in which no uniform network takes as long are left out.`,
        ]
      : [];
  });
  return known.length > 0 ? known : ["Nothing is trained and measured yet."];
}

function how(finished: Finished, protocol: Protocol): Section {
  const { searching, epochs, seeds } = protocol;
  const table = finished.result(tableKey(setting.net), tableSchema);
  return {
    heading: "How",
    body: [
      `All 4,890 clips of kws12 (12 classes, 49 frames of 10 coefficients), in ${folds.length} folds of whole speakers. For every fold a search sees the others alone, ` +
        `an eighth or so of them held out to judge by; what it finds is trained from scratch on them for ${epochs} epochs on one cosine (batch ${searching.batch}, peak rate ` +
        `${searching.learningRate}), under ${seeds.length === 1 ? "one seed" : `${seeds.length} seeds`}, and tested once on the fold. Uniform networks are trained on every fold likewise.`,
      `The budget is what the table predicts for uniform widths of ${settingKey(setting)}, each rounded up to an edge of the stairs. All networks are measured in one session, interleaved. ` +
        "A network found is held against the line through the uniform ones of its fold, accuracy by the logarithm of latency, at its own measured latency; intervals are 95 %, Student's t over folds.",
      ...(table
        ? [
            `Table: ${table.platform}; ${table.designNetworks} design networks${table.medianError === undefined ? "" : `, error on ${table.heldOutNetworks} held-out networks: median ${percent(table.medianError, 1)} %`}; blocks of ${table.block} channels.`,
          ]
        : []),
    ],
  };
}

/** One row per network: controls over all folds, found ones on theirs. */
function results(all: readonly FoldPoint[]): Section {
  const groups = [...new Set(all.map(({ arm }) => arm))].map((arm) => {
    const own = all.filter((one) => one.arm === arm);
    return {
      arm,
      own,
      accuracy: mean(own.flatMap(({ trained }) => trained.map((t) => t.accuracy))),
    };
  });
  const rows = groups
    .sort((a, b) => b.accuracy - a.accuracy)
    .flatMap(({ arm, own: [first], own, accuracy }) =>
      first
        ? [
            [
              `${arm.method}${arm.share === 1 ? "" : ` at ${arm.share}`}`,
              arm.fold === undefined ? "all" : `${arm.fold}`,
              widthsText(first.found.widths),
              microseconds(first.found.predicted_s),
              `${microseconds(first.latency_s)} (${microseconds(first.low_s)} to ${microseconds(first.high_s)})`,
              percent(accuracy),
              `${own.reduce((sum, { trained }) => sum + trained.length, 0)}`,
              ...curves.map((name) => differenceOn(own, all, name)),
              `${first.found.epochs}`,
              first.found.ended,
            ],
          ]
        : [],
    );
  return {
    heading: "Networks",
    body: [
      markdownTable(
        [
          "method",
          "fold",
          "widths",
          "predicted, µs",
          "measured, µs (95 %)",
          "test, %",
          "trainings",
          ...curves.map((name) => `against ${name}, points`),
          "search epochs",
          "how the search ended",
        ],
        rows,
      ),
    ],
    figure: {
      name: "networks",
      description:
        "Test accuracy against measured latency, keyword spotting; uniform networks are means over folds",
      svg: renderFigure(
        frontierFigure(
          groups.flatMap(({ arm, own }) => {
            const [first] = own;
            return first
              ? [
                  {
                    label: arm.method,
                    isReference: arm.fold === undefined,
                    latency: { value: first.latency_s, low: first.low_s, high: first.high_s },
                    accuracies: own.map(({ trained }) => mean(trained.map((t) => t.accuracy))),
                  },
                ]
              : [];
          }),
        ),
      ),
    },
  };
}

function differenceOn(
  own: readonly FoldPoint[],
  all: readonly FoldPoint[],
  method: Curve["method"],
): string {
  const [first] = own;
  if (!first || first.arm.fold === undefined) return "";
  const judged = againstCurve(
    own,
    curveOf(
      all.filter(({ fold }) => fold === first.fold),
      method,
    ),
  );
  if (!judged) return "";
  const { value } = judged.difference;
  return `${value >= 0 ? "+" : ""}${percent(value)}`;
}
