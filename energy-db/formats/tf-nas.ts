import { fitted } from "./fitted.ts";
import type { ForeignRow, TableFormat } from "./foreign-table.ts";
import { blockMacs } from "./macs.ts";
import { isPickleDict, type PickleValue } from "./pickle-machine.ts";
import { isPickle, readPickle } from "./pickle-reader.ts";
import { writePickle } from "./pickle-writer.ts";
import { headOf, malformed, numberOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

const block = "MBInvertedResBlock";
const grammar = new RegExp(`^${block}_(\\d+)_(\\d+)_(\\d+)_(\\d+)_k(\\d+)_s(\\d+)_([a-z0-9]+)$`);
/** What every network costs beside its blocks. */
const base = "base";

/**
 * TF-NAS's latencies in ms by block and channels inside it: a pickle of
 * `MBInvertedResBlock_SIZE_IN_SE_OUT_kKERNEL_sSTRIDE_ACTIVATION`, SE the channels of squeeze-and-excitation.
 */
export const tfNas: TableFormat = {
  id: "tf-nas",
  title: "TF-NAS block pickles",
  cannotHold: "energy, device, units, spread, counts, anything but its blocks",
  recognises: (file) => isPickle(file) && headOf(file).includes(`${block}_`),
  read: (file, { latencyUnit = "ms" } = {}) => {
    const document = readPickle(file);
    if (!isPickleDict(document)) throw malformed(file, "the pickle", "a dictionary of blocks");
    const time_s = (value: PickleValue, entry: string) =>
      toSi(numberOf(file, value, entry), latencyUnit);
    const rows = document.entries.flatMap(([key, value]): readonly ForeignRow[] => {
      if (key === base) return [{ key: base, op: base, shape: {}, latency_s: time_s(value, base) }];
      const layer = String(key);
      const found = blockOf(layer);
      if (!found || !isPickleDict(value))
        throw malformed(file, layer, `${block}_SIZE_IN_SE_OUT_kK_sS_ACT with costs by channels`);
      return value.entries.map(([channels, cost]) => {
        const midChannels = numberOf(file, channels, `${layer}: channels`);
        return {
          key: `${layer}/${midChannels}`,
          ...found,
          midChannels,
          macs: macsOf(found, midChannels),
          latency_s: time_s(cost, `${layer}/${midChannels}`),
        };
      });
    });
    return [{ dialect: "pickle", units: { latency: latencyUnit }, details: {}, rows }];
  },
  write: (tables) => {
    const fitting = fitted(tfNas, tables, entryOf);
    const document = new Map<string, number | Map<number, number>>();
    for (const { name, midChannels, latency_ms } of [...fitting].sort(byChannels)) {
      const known = document.get(name);
      const costs = known instanceof Map ? known : new Map<number, number>();
      document.set(name, name === base ? latency_ms : costs.set(midChannels, latency_ms));
    }
    return { content: writePickle(document), lost: [] };
  },
};

interface Entry {
  readonly name: string;
  readonly midChannels: number;
  readonly latency_ms: number;
}

const byChannels = (a: Entry, b: Entry): number => a.midChannels - b.midChannels;

function entryOf(row: ForeignRow): Entry | undefined {
  const { latency_s, midChannels = 0 } = row;
  const name = row.op === base ? base : nameOf(row);
  if (name === undefined || latency_s === undefined) return undefined;
  if (name !== base && midChannels === 0) return undefined;
  return { name, midChannels, latency_ms: fromSi(latency_s, "ms") };
}

type Block = Pick<ForeignRow, "op" | "shape" | "inChannels" | "outChannels">;

function blockOf(name: string): Block | undefined {
  const match = grammar.exec(name);
  if (!match) return undefined;
  const [size = 0, inChannels = 0, se = 0, outChannels = 0, kernel = 1, stride = 1] = match
    .slice(1)
    .map(Number);
  const shape = { height: size, width: size, kernel, stride, se, activation: match[7] ?? "" };
  return { op: "mbconv", shape, inChannels, outChannels };
}

function nameOf({ op, shape, inChannels, outChannels }: Block): string | undefined {
  const { height, width, kernel, stride, se = 0, activation = "relu" } = shape;
  const name = `${block}_${height}_${inChannels}_${se}_${outChannels}_k${kernel}_s${stride}_${activation}`;
  return op === "mbconv" && height === width && grammar.test(name) ? name : undefined;
}

function macsOf({ shape, inChannels = 0, outChannels = 0 }: Block, midChannels: number): number {
  const [height, kernel, stride] = [shape.height, shape.kernel, shape.stride].map(Number);
  const at = { height: height ?? 0, width: height ?? 0, kernel: kernel ?? 1, stride: stride ?? 1 };
  return blockMacs({ ...at, inChannels, midChannels, outChannels });
}
