import { groupBy } from "../group-by.ts";
import { fitted } from "./fitted.ts";
import type { SourceFile, TableFormat } from "./foreign-table.ts";
import { headOf, isObject, malformed, parseJson, textOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

/** Fields of a line that are no device's latency. */
const described = new Set(["id", "graph"]);

/** nn-Meter's data set of models: a JSON object a line with the graph and a latency in ms, or none, for every device. */
export const nnMeterDataset: TableFormat = {
  id: "nn-meter-dataset",
  title: "nn-Meter's models, a line each",
  cannotHold: "energy, spread, counts, anything but whole networks",
  rowsAre: "networks",
  recognises: (file) => /^\s*\{\s*"(id|graph)"\s*:/.test(headOf(file, 200)),
  read: (file, { latencyUnit = "ms" } = {}) => {
    const measured = textOf(file)
      .split(/\r?\n/)
      .flatMap((line, i) => (line.trim() === "" ? [] : latenciesOf(file, line, i + 1)));
    return [...groupBy(measured, ({ device }) => device)].map(([device, own]) => ({
      device,
      dialect: "JSON lines",
      units: { latency: latencyUnit },
      details: {},
      rows: own.map(({ id, latency }) => ({
        key: id,
        op: "network",
        shape: {},
        latency_s: toSi(latency, latencyUnit),
      })),
    }));
  },
  write: (tables) => {
    const measured = tables.flatMap(({ device = "device", rows }) =>
      rows.map((row) => ({ ...row, device })),
    );
    const kept = fitted(nnMeterDataset, [{ ...empty, rows: measured }], (row) =>
      row.op === "network" && row.latency_s !== undefined
        ? (row as (typeof measured)[number])
        : undefined,
    );
    const lines = [...groupBy(kept, ({ key }) => key)].map(([id, own]) =>
      JSON.stringify({
        id,
        ...Object.fromEntries(
          own.map(({ device, latency_s = 0 }) => [device, fromSi(latency_s, "ms")]),
        ),
      }),
    );
    return {
      content: `${lines.join("\n")}\n`,
      lost: [
        "graphs: nn-Meter predicts from them, and a line without one only tells what was measured",
      ],
    };
  },
};

const empty = { dialect: "", units: {}, details: {} };

/** A model's latencies on every device that has one. */
function latenciesOf(file: SourceFile, line: string, number: number) {
  const model = parseJson(line);
  if (!isObject(model) || !model.id)
    throw malformed(file, `line ${number}`, "a model's id and its latencies");
  return Object.entries(model).flatMap(([device, latency]) => {
    if (described.has(device) || latency === null) return [];
    if (typeof latency !== "number")
      throw malformed(file, `line ${number}: ${device}`, "a number or null");
    return [{ device, id: String(model.id), latency }];
  });
}
