import type { Experiment, Page, Size } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { frontierTasks } from "../frontier/frontier.ts";
import { againstCurve, curveOf, type Point } from "../frontier/judgement.ts";
import { differenceText, howSection, pointsOf, section } from "../frontier/page.ts";
import {
  armName,
  common,
  fixed,
  type Protocol,
  quickSearching,
  searching,
} from "../frontier/protocol.ts";
import { microseconds } from "../markdown.ts";
import { mean } from "../statistics.ts";
import { type Setting, settingKey } from "../tasks/setting.ts";

const net = "mobilenet-v1-cifar";
const byTable = { method: "splitting" } as const;
const byMacs = { method: "splitting", costs: "macs" } as const;

const partsOf = (seeds: readonly number[]): Protocol["parts"] => [
  [fixed("uniform"), { ...byTable, shares: [1], seeds }, { ...byMacs, shares: [1], seeds }],
];

export const protocols: { readonly [S in Size]: Protocol } = {
  quick: {
    settings: [{ net, multiplier: 0.15 }],
    parts: partsOf([0]),
    trainingSeeds: [0],
    searching: quickSearching,
    searchExamples: 10_000,
    training: common,
    trainingEpochs: 4,
  },
  full: {
    settings: [0.15, 0.25].map((multiplier) => ({ net, multiplier })),
    parts: partsOf([0, 1]),
    trainingSeeds: [0, 1],
    searching,
    searchExamples: 20_000,
    training: common,
    trainingEpochs: 12,
  },
};

export const stairs: Experiment = {
  summary: "the same search by the table and by MACs, both judged by the device",
  tasks: (finished, size) => frontierTasks(finished, protocols[size]),
  page: (finished, size) => stairsPage(finished, protocols[size]),
};

function stairsPage(finished: Finished, protocol: Protocol): Page {
  const parts = protocol.settings
    .map((setting) => ({ setting, points: pointsOf(setting, protocol, finished) }))
    .filter(({ points }) => points.length > 0);
  return {
    title: "Stairs: what it is worth to know them",
    question:
      "The same search once with the table's costs and once with a line through the MACs of the same measured networks, under the same " +
      "budget: what do the networks take on the device, and how accurate are they for that?",
    answer:
      parts.length > 0
        ? parts.flatMap(({ setting, points }) => answer(setting, points))
        : ["Nothing is trained and measured yet."],
    sections: [howSection(protocol), ...parts.map((part) => section(part.setting, part.points))],
  };
}

function answer(setting: Setting, points: readonly Point[]): readonly string[] {
  const uniform = curveOf(points, "uniform");
  return [byTable, byMacs].flatMap((arm) => {
    const own = points.filter(({ method }) => method === armName(arm));
    if (own.length === 0) return [];
    const taken = mean(own.map(({ latency_s }) => latency_s));
    const asked = mean(own.map(({ found }) => found.budget_s));
    const judged = againstCurve(own, uniform);
    return [
      `${settingKey(setting)}, ${armName(arm)}: ${microseconds(taken)} µs measured for a budget of ${microseconds(asked)} µs; ` +
        (judged
          ? `${differenceText(judged)} against uniform widths at its own measured latency.`
          : "no uniform network was trained around that latency."),
    ];
  });
}
