import { frontierFigure, renderFigure } from "../../src/figures/index.ts";
import type { Page, Section } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { againstCurve, type Curve, curveOf, type Point } from "../frontier/judgement.ts";
import { differenceText } from "../frontier/page.ts";
import { markdownTable, microseconds, percent } from "../markdown.ts";
import { mean, standardDeviation } from "../statistics.ts";
import { measuredTogetherSchema } from "../tasks/measure-task.ts";
import { type FoundNetwork, foundNetworkSchema } from "../tasks/search-task.ts";
import { tablesKey, tablesSchema } from "../tasks/table-task.ts";
import { trainedSchema } from "../tasks/train-task.ts";
import { widthsText } from "../widths.ts";
import {
  controls,
  dataset,
  longerKey,
  longerName,
  measuredKey,
  type Protocol,
  type Run,
  runKey,
  runsOf,
  seeds,
  setting,
  spaces,
  trainingKey,
  trainingSeeds,
  trainsLonger,
} from "./protocol.ts";

interface FoundPoint extends Point {
  readonly found: FoundNetwork;
  readonly space: string;
}

export function methodsPage(finished: Finished, protocol: Protocol): Page {
  const points = pointsOf(finished, protocol);
  const common = {
    title: "Methods: what every search finds for the same cost and the same training",
    question:
      `Searches for widths (${setting.net}), for operators and for wirings (${spaces.slice(1).join(", ")}) have one data set (${dataset}), one table, one ` +
      "latency and one account of training. Which network is the most accurate for what it takes on the device?",
  };
  if (points.length === 0)
    return { ...common, answer: ["Nothing is trained and measured yet."], sections: [] };
  const rows = rowsOf(points);
  return {
    ...common,
    answer: answerOf(rows),
    sections: [
      howSection(finished, protocol),
      methodsSection(rows, points, protocol),
      ...foundSections(points),
    ],
  };
}

/** Networks found, measured, and trained under at least one seed. */
function pointsOf(finished: Finished, protocol: Protocol): readonly FoundPoint[] {
  const measured = finished.result(measuredKey, measuredTogetherSchema) ?? [];
  return runsOf(protocol).flatMap((run) => {
    const found = finished.result(runKey(run), foundNetworkSchema);
    const record = measured.find(({ label }) => label === runKey(run));
    if (!found || !record) return [];
    const { method, seed: search, share, space } = run;
    const point = { method, search, share, space, found, ...record.measured };
    const under = (key: (run: Run, seed: number) => string) =>
      trainingSeeds(run).flatMap((seed) => {
        const trained = finished.result(key(run, seed), trainedSchema);
        return trained
          ? [{ seed, accuracy: trained.test.accuracy, loss: trained.heldOut.loss }]
          : [];
      });
    return [
      { ...point, trained: under(trainingKey) },
      ...(trainsLonger(run)
        ? [{ ...point, method: longerName(method), trained: under(longerKey) }]
        : []),
    ].filter(({ trained }) => trained.length > 0);
  });
}

interface Row {
  readonly method: string;
  readonly points: readonly FoundPoint[];
  readonly accuracies: readonly number[];
  /** By the controls' names. */
  readonly against: readonly (readonly [string, ReturnType<typeof againstCurve>])[];
}

/** A row a method at the whole limit, the most accurate first. */
function rowsOf(all: readonly FoundPoint[]): readonly Row[] {
  const curves = controls.map((name): Curve => curveOf(all, name));
  const rows = [...new Set(all.map(({ method }) => method))].map((method): Row => {
    const points = all.filter((point) => point.method === method && point.share === 1);
    return {
      method,
      points,
      accuracies: points.flatMap(({ trained }) => trained.map(({ accuracy }) => accuracy)),
      against: curves.map((curve) => [
        curve.method,
        curve.method === method ? undefined : againstCurve(bySeed(points), curve),
      ]),
    };
  });
  return rows
    .filter(({ accuracies }) => accuracies.length > 0)
    .sort((a, b) => mean(b.accuracies) - mean(a.accuracies));
}

/** Every training as a search of its own: those of one control differ as much as those of several searches' networks. */
const bySeed = (points: readonly FoundPoint[]): readonly FoundPoint[] =>
  points.flatMap((point) => point.trained.map((trained) => ({ ...point, trained: [trained] })));

const spread = (values: readonly number[], text: (value: number) => string): string =>
  values.length > 1
    ? `${text(mean(values))} ± ${text(standardDeviation(values))}`
    : values.map(text).join("");

function answerOf(rows: readonly Row[]): readonly string[] {
  const [first] = rows;
  const limit_s = first?.points[0]?.found.budget_s ?? Number.NaN;
  const verdicts = rows.flatMap(verdictOf);
  const compared = verdicts.filter(({ isTold }) => isTold).length;
  const lines = verdicts.map(({ method, said }) => `- ${method}: ${said}`);
  return [
    `The limit is ${microseconds(limit_s)} µs. Most accurate: ${first?.method}, ${spread(first?.accuracies ?? [], (value) => percent(value))} % of the test images.`,
    ...(compared > 0
      ? [
          `Against uniform widths on the stairs of the same measured latency, 95 % intervals over seeds; with ${compared} comparisons one in twenty ` +
            `would stand out by chance:\n\n${lines.join("\n")}`,
        ]
      : ["No method is trained under several seeds and measured among uniform networks yet."]),
  ];
}

interface Verdict {
  readonly method: string;
  readonly said: string;
  /** There is an interval to tell by. */
  readonly isTold: boolean;
}

/** How a method stands against uniform widths on the stairs, which themselves have none. */
function verdictOf({ method, against }: Row): readonly Verdict[] {
  const stairs = "uniform-on-stairs";
  if (method === stairs) return [];
  const judged = against.find(([name]) => name === stairs)?.[1];
  if (!judged)
    return [{ method, said: "at a latency that no such network was trained at", isTold: false }];
  const { low, high } = judged.difference;
  if (low === undefined || high === undefined)
    return [{ method, said: `${differenceText(judged)}: not told`, isTold: false }];
  const verdict = low > 0 ? "better" : high < 0 ? "worse" : "a tie";
  return [{ method, said: `${differenceText(judged)}: ${verdict}`, isTold: true }];
}

function howSection(finished: Finished, protocol: Protocol): Section {
  const { account, searching, trainingEpochs, training } = protocol;
  const tables = finished.result(tablesKey, tablesSchema) ?? [];
  return {
    heading: "How",
    body: [
      `The limit is what the table predicts for ${setting.net} at uniform widths times ${setting.multiplier}, each rounded up to an edge of the stairs. A search's plan is cut ` +
        `or stretched until it trains ${account} examples, each counted by its network's predicted latency over the limit (batch ${searching.batch}): ` +
        "so much that as many examples of narrower networks are more of them. Analyses that a plan foresees (splitting matrices, paths judged by evolution) count as the " +
        "examples whose training would take as long, so that methods with analyses train less. What a search really trained is in the table, and what it analysed beside it. Methods that train nothing are also trained for as many epochs more as a search trains.",
      `Every network found is trained from scratch on all training images for ${trainingEpochs} epochs on one cosine (batch ${training.batch}, peak rate ${training.learningRate}), ` +
        `under ${seeds.length} seeds: those of ${seeds.length} searches, or of one network where no chance is in the method; the test split is read once, after the last epoch. All networks are ` +
        "measured in one session, interleaved. A network is held against the line between controls of 0.85, 1 and 1.2 of the limit at its own measured " +
        "latency, trained under the same seed.",
      markdownTable(
        ["space", "networks measured for its costs", "held out", "median error, %"],
        tables.map(({ space, designNetworks, heldOutNetworks, medianError }) => [
          space,
          `${designNetworks}`,
          `${heldOutNetworks}`,
          medianError === undefined ? "" : percent(medianError, 1),
        ]),
      ),
    ],
  };
}

function methodsSection(
  rows: readonly Row[],
  points: readonly FoundPoint[],
  { account }: Protocol,
): Section {
  return {
    heading: "Methods",
    body: [
      markdownTable(
        [
          "method",
          "space",
          "test, %",
          "seeds",
          "measured, µs",
          "predicted, µs",
          ...controls.map((name) => `against ${name}, points (95 %)`),
          "trained, % of the account",
          "examples a network",
          "search, GMACs",
          "analysis, GMACs",
        ],
        rows.map(({ method, points: own, accuracies, against }) => {
          const over = (
            of: (point: FoundPoint) => number,
            text: (value: number) => string,
          ): string => spread(own.map(of), text);
          const share = ({ found: { account: spent, budget_s } }: FoundPoint) =>
            spent.latency_s / budget_s / account;
          const giga = (value: number) => (value / 1e9).toFixed(0);
          return [
            method,
            own[0]?.space ?? "",
            spread(accuracies, (value) => percent(value)),
            `${accuracies.length}`,
            over(({ latency_s }) => latency_s, microseconds),
            over(({ found }) => found.predicted_s, microseconds),
            ...against.map(([, judged]) => (judged ? differenceText(judged) : "")),
            over(share, (value) => percent(value, 0)),
            over(
              ({ found }) => found.examples / Math.max(1, found.account.candidates),
              (value) => value.toFixed(0),
            ),
            over(({ found }) => found.account.macs, giga),
            over(({ found }) => found.account.analysisMacs, giga),
          ];
        }),
      ),
    ],
    figure: {
      name: "methods",
      description: "Test accuracy against measured latency, all methods",
      svg: renderFigure(
        frontierFigure(
          points.map(({ method, latency_s, low_s, high_s, trained }) => ({
            label: method,
            isReference: controls.some((name) => name === method),
            latency: { value: latency_s, low: low_s, high: high_s },
            accuracies: trained.map(({ accuracy }) => accuracy),
          })),
        ),
      ),
    },
  };
}

const foundSections = (points: readonly FoundPoint[]): readonly Section[] => [
  {
    heading: "What was found",
    body: [
      markdownTable(
        [
          "method",
          "of the limit",
          "search",
          "widths, or why it ended",
          "measured, µs (95 %)",
          "test, %",
        ],
        points
          .filter(({ method }) => !method.endsWith(longerName("")))
          .map((point) => [
            point.method,
            `${point.share}`,
            `${point.search}`,
            point.space === setting.net ? widthsText(point.found.widths) : point.found.ended,
            `${microseconds(point.latency_s)} (${microseconds(point.low_s)} to ${microseconds(point.high_s)})`,
            point.trained.map(({ accuracy }) => percent(accuracy)).join(", "),
          ]),
      ),
    ],
  },
];
