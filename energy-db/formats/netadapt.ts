import { groupBy } from "../group-by.ts";
import { fitted } from "./fitted.ts";
import type { ForeignRow, SourceFile, TableFormat } from "./foreign-table.ts";
import { isPickleDict, isPickleSequence, type PickleValue } from "./pickle-machine.ts";
import { pickleBegins, readPickle } from "./pickle-reader.ts";
import { writePickle } from "./pickle-writer.ts";
import { malformed, numberOf } from "./source-text.ts";
import { toSi } from "./units.ts";

/**
 * NetAdapt's tables: a pickled list with a dictionary for every layer, from (input, output) features to a cost: seconds,
 * or, where every number is whole, a count of multiply-accumulates or weights, which the file does not tell apart.
 */
export const netadapt: TableFormat = {
  id: "netadapt",
  title: "NetAdapt layer pickles",
  cannotHold: "energy, device, units, spread, counts, shapes, anything but layers with two widths",
  recognises: (file) => pickleBegins(file, "]"),
  read: (file, { latencyUnit } = {}) => {
    const document = readPickle(file);
    if (!isPickleSequence(document))
      throw malformed(file, "the pickle", "a list with a dictionary for every layer");
    const cells = document.items.flatMap((layer, i) => cellsOf(file, layer, i));
    const areCounts = latencyUnit === undefined && cells.every(({ cost }) => isWhole(cost));
    const unit = latencyUnit ?? "s";
    return [
      {
        dialect: areCounts ? "pickle of counts" : "pickle of latencies",
        units: areCounts ? { work: "multiply-accumulates or weights" } : { latency: unit },
        details: {},
        rows: cells.map(({ layer, inChannels, outChannels, cost }) => ({
          key: `${layer}/${inChannels}x${outChannels}`,
          op: "layer",
          shape: { layer },
          inChannels,
          outChannels,
          ...(areCounts ? { work: cost } : { latency_s: toSi(cost, unit) }),
        })),
      },
    ];
  },
  write: (tables) => {
    const fitting = fitted(netadapt, tables, (row) => (fits(row) ? row : undefined));
    return {
      content: writePickle(layersOf(fitting).map((own) => new Map(own.map(entryOf)))),
      lost: fitting.every(isLayer) ? [] : ["shapes: layers are numbered in the table's order"],
    };
  },
};

interface Cell {
  readonly layer: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly cost: number;
}

function cellsOf(file: SourceFile, value: PickleValue, layer: number): readonly Cell[] {
  if (!isPickleDict(value)) throw malformed(file, `layer ${layer}`, "costs by (input, output)");
  return value.entries.map(([key, cost]) => {
    const widths = isPickleSequence(key) ? key.items : [];
    const name = `layer ${layer}, (${widths.map(plain).join(", ")})`;
    if (widths.length !== 2) throw malformed(file, name, "two numbers of features");
    const [inChannels = 0, outChannels = 0] = widths.map((width) => numberOf(file, width, name));
    return { layer, inChannels, outChannels, cost: numberOf(file, cost, name) };
  });
}

const plain = (value: PickleValue): string =>
  typeof value === "object" && value !== null ? value.kind : String(value);

const isWhole = (cost: number): boolean => Number.isSafeInteger(cost);

const fits = ({ inChannels, outChannels, midChannels, ...row }: ForeignRow): boolean =>
  inChannels !== undefined &&
  outChannels !== undefined &&
  midChannels === undefined &&
  costOf(row) !== undefined;

const isLayer = ({ op, shape }: ForeignRow): boolean =>
  op === "layer" && typeof shape.layer === "number";

const costOf = ({ latency_s, work }: Pick<ForeignRow, "latency_s" | "work">) => latency_s ?? work;

const entryOf = ({ inChannels = 0, outChannels = 0, ...row }: ForeignRow) =>
  [[inChannels, outChannels], costOf(row) ?? 0] as const;

/** Of a NetAdapt table in its own order; of others a layer for every operation and shape. */
function layersOf(rows: readonly ForeignRow[]): readonly (readonly ForeignRow[])[] {
  const layers = [...groupBy(rows, ({ op, shape }) => JSON.stringify([op, shape])).values()];
  return rows.every(isLayer)
    ? layers.sort(([a], [b]) => Number(a?.shape.layer) - Number(b?.shape.layer))
    : layers;
}
