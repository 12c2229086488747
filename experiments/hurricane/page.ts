import { arms as armsFigure, renderFigure } from "../../src/figures/index.ts";
import type { Page, Section } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { markdownTable, microseconds, percent } from "../markdown.ts";
import { kendallTau, mean, standardDeviation } from "../statistics.ts";
import { measuredTogetherSchema } from "../tasks/measure-task.ts";
import { tableKey, tableSchema } from "../tasks/table-task.ts";
import { arms } from "./arms.ts";
import { measuredKey, net, type Protocol, rankingKey, runKey } from "./protocol.ts";
import { rankingSchema } from "./ranking.ts";
import { type Found, foundSchema } from "./search-arm.ts";

interface Row {
  readonly label: string;
  readonly runs: readonly (Found & { readonly measured_s: number | undefined })[];
}

export function hurricanePage(finished: Finished, protocol: Protocol): Page {
  const title = "Operators chosen by what they cost";
  const question =
    "Six blocks may each be filled by one of 15 operators. Is it better to keep the few per block that have most capacity for their latency on " +
    "this machine, to keep them all, or to keep as many drawn by chance; and to search all blocks at once, or the later ones first? All arms " +
    "have one limit, the mean latency of all paths, and the same optimiser steps; what they find is trained from scratch.";
  const rows = rowsOf(finished, protocol);
  if (rows.length === 0) return { title, question, answer: ["Not run yet."], sections: [] };
  return {
    title,
    question,
    answer: answerOf(rows, finished),
    sections: [armsSection(rows), ...rankingSections(finished), ...pathSections(rows)],
  };
}

function rowsOf(finished: Finished, { seeds }: Protocol): readonly Row[] {
  const measured = finished.result(measuredKey, measuredTogetherSchema);
  return arms.flatMap(({ label }) => {
    const runs = seeds.flatMap((seed) => {
      const key = runKey(label, seed);
      const found = finished.result(key, foundSchema);
      const row = measured?.find((one) => one.label === key);
      return found ? [{ ...found, measured_s: row?.measured.latency_s }] : [];
    });
    return runs.length > 0 ? [{ label, runs }] : [];
  });
}

/** "61.2 ± 0.4", or the one value. */
function spread(values: readonly number[], written: (value: number) => string): string {
  if (values.some((value) => Number.isNaN(value))) return "";
  const centre = written(mean(values));
  return values.length > 1 ? `${centre} ± ${written(standardDeviation(values))}` : centre;
}

const testOf = ({ runs }: Row): string =>
  spread(
    runs.map(({ test }) => test),
    (value) => percent(value),
  );

function answerOf(rows: readonly Row[], finished: Finished): readonly string[] {
  const row = (label: string) => rows.find((one) => one.label === label);
  const [hand, all, one, two, random] = [
    row("by hand, one stage"),
    row("all operators, one stage"),
    row("by score, one stage"),
    row("by score, two stages"),
    row("by score, random search"),
  ];
  const chance = rows.filter(({ label }) => label.startsWith("by chance"));
  if (!hand || !all || !one || !two || !random || chance.length === 0)
    return ["Not all arms are run yet."];
  const drawn = chance.flatMap(({ runs }) => runs.map(({ test }) => test));
  const seeds = Math.min(...rows.map(({ runs }) => runs.length));
  const table = finished.result(tableKey(net), tableSchema);
  const error =
    table?.medianError === undefined
      ? ""
      : ` (held-out error of its table: median ${percent(table.medianError, 1)} %)`;
  return [
    `Test accuracy in percent: chosen by score and searched in two stages ${testOf(two)}, in one stage ${testOf(one)}; by hand ${testOf(hand)}; ` +
      `all operators ${testOf(all)}; by chance ${spread(drawn, (value) => percent(value))} over draws and seeds; paths of the chosen operators drawn by chance and ` +
      `trained by themselves ${testOf(random)}.`,
    `Costs are this machine's${error}. ${seeds < 2 ? "One seed each: nothing here tells two arms apart by less than a few points." : `${seeds} seeds each; ± is the standard deviation over them.`}`,
  ];
}

function armsSection(rows: readonly Row[]): Section {
  const best = [...rows].sort(
    (a, b) => mean(b.runs.map(({ test }) => test)) - mean(a.runs.map(({ test }) => test)),
  );
  return {
    heading: "Arms",
    body: [
      markdownTable(
        [
          "arm",
          "seeds",
          "test, %",
          "held-out, %",
          "predicted, µs",
          "measured, µs",
          "MMACs",
          "search epochs",
          "GMACs of evolution",
          "minutes",
        ],
        rows.map((row) => {
          const of = (
            value: (run: Row["runs"][number]) => number,
            written: (one: number) => string,
          ) => spread(row.runs.map(value), written);
          return [
            row.label,
            `${row.runs.length}`,
            testOf(row),
            of(
              ({ heldOut }) => heldOut,
              (value) => percent(value),
            ),
            of(({ predicted_s }) => predicted_s, microseconds),
            of(({ measured_s = Number.NaN }) => measured_s, microseconds),
            of(
              ({ macs }) => macs / 1e6,
              (value) => value.toFixed(2),
            ),
            of(
              ({ searchEpochs }) => searchEpochs,
              (value) => value.toFixed(0),
            ),
            of(
              ({ analysisMacs }) => analysisMacs / 1e9,
              (value) => value.toFixed(0),
            ),
            of(
              ({ took_s }) => took_s / 60,
              (value) => value.toFixed(1),
            ),
          ];
        }),
      ),
    ],
    figure: {
      name: "arms",
      description: "Test accuracy by arm, one small dot per seed",
      svg: renderFigure(
        armsFigure(
          best.map(({ label, runs }) => ({
            label,
            isReference: label.startsWith("by chance"),
            accuracies: runs.map(({ test }) => test),
          })),
          { by: "arm", reference: "operators drawn by chance" },
        ),
      ),
    },
  };
}

function rankingSections(finished: Finished): readonly Section[] {
  const found = finished.result(rankingKey, rankingSchema);
  if (!found) return [];
  const tau = kendallTau(found.paths.map(({ shared, alone }) => [shared, alone]));
  return [
    {
      heading: "Do shared weights rank paths?",
      body: [
        `Kendall's tau of held-out accuracy on shared weights against training by itself, over ${found.paths.length} paths drawn by chance: ${tau.toFixed(2)}.`,
        markdownTable(
          ["path", "on shared weights, %", "by itself, %"],
          found.paths.map(({ path, shared, alone }) => [path, percent(shared), percent(alone)]),
        ),
      ],
    },
  ];
}

function pathSections(rows: readonly Row[]): readonly Section[] {
  const lines = rows.flatMap(({ label, runs }) =>
    runs.map(({ seed, ended }) => [label, `${seed}`, ended]),
  );
  return [{ heading: "What was found", body: [markdownTable(["arm", "seed", "path"], lines)] }];
}
