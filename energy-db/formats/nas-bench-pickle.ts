import { groupBy } from "../group-by.ts";
import { fitted } from "./fitted.ts";
import type { ForeignRow, ForeignTable, SourceFile, TableFormat } from "./foreign-table.ts";
import {
  isPickleDict,
  isPickleSequence,
  type PickleDict,
  type PickleValue,
} from "./pickle-machine.ts";
import { pickleBegins, readPickle } from "./pickle-reader.ts";
import { writePickle } from "./pickle-writer.ts";
import { malformed, numberOf } from "./source-text.ts";
import { toSi } from "./units.ts";

/**
 * Pickled lists of whole networks: LatBench's `{(4, 3, 2, 1, 0, 2): seconds}`, and HW-NAS-Bench's
 * `["nasbench201"][data set][device_latency or device_energy][network]` in ms and mJ.
 */
export const nasBenchPickle: TableFormat = {
  id: "nas-bench-pickle",
  title: "NAS-Bench lists of networks as pickles",
  cannotHold: "spread, counts, anything but whole networks; LatBench's: energy, device",
  recognises: (file) => pickleBegins(file, "}"),
  read: (file, options) => {
    const document = readPickle(file);
    if (!isPickleDict(document)) throw malformed(file, "the pickle", "a dictionary of networks");
    const space = child(document, "nasbench201");
    return space === undefined
      ? [readLatBench(file, document, options?.latencyUnit)]
      : readHwNasBench(file, space);
  },
  write: (tables) => {
    const rows = fitted(nasBenchPickle, tables, ({ op, key, latency_s }) => {
      const architecture = key.split(",").map(Number);
      const fits = op === "network" && architecture.every(Number.isInteger);
      return fits && latency_s !== undefined ? ([architecture, latency_s] as const) : undefined;
    });
    return { content: writePickle(new Map(rows)), lost: [] };
  },
};

/** The value under a name; undefined where there is none. */
const child = ({ entries }: PickleDict, name: string): PickleValue | undefined =>
  entries.find(([key]) => key === name)?.[1];

function readLatBench(
  file: SourceFile,
  { entries }: PickleDict,
  latencyUnit: "s" | "ms" | "us" | "ns" = "s",
): ForeignTable {
  const rows = entries.map(([architecture, latency]): ForeignRow => {
    if (!isPickleSequence(architecture))
      throw malformed(file, String(architecture), "a network as a tuple of numbers");
    const key = architecture.items.map((item) => numberOf(file, item, "a network")).join();
    return {
      ...{ key, op: "network", shape: {} },
      latency_s: toSi(numberOf(file, latency, key), latencyUnit),
    };
  });
  return { dialect: "pickle by architecture", units: { latency: latencyUnit }, details: {}, rows };
}

const metric = /^(\w+)_(latency|energy)$/;

function readHwNasBench(file: SourceFile, space: PickleValue): readonly ForeignTable[] {
  if (!isPickleDict(space)) throw malformed(file, "nasbench201", "data sets");
  return space.entries.flatMap(([dataset, metrics]) => {
    if (!isPickleDict(metrics)) throw malformed(file, String(dataset), "lists by metric");
    const lists = metrics.entries.flatMap(([name, list]) => {
      const [, device, quantity] = metric.exec(String(name)) ?? [];
      return device && isPickleSequence(list) ? [{ device, quantity, items: list.items }] : [];
    });
    return [...groupBy(lists, ({ device }) => device)].map(([device, own]) => {
      const valuesOf = (wanted: string) => own.find(({ quantity }) => quantity === wanted)?.items;
      const [latencies = [], energies] = [valuesOf("latency"), valuesOf("energy")];
      const number = (value: PickleValue | undefined, i: number) =>
        numberOf(file, value, `${device}, ${String(dataset)}, network ${i}`);
      return {
        device: `${device}, ${String(dataset)}`,
        dialect: "pickle by metric",
        units: { latency: "ms" as const, ...(energies ? { energy: "mJ" as const } : {}) },
        details: {},
        rows: latencies.map((latency, i) => ({
          ...{ key: String(i), op: "network", shape: {} },
          latency_s: toSi(number(latency, i), "ms"),
          ...(energies ? { energy_j: toSi(number(energies[i], i), "mJ") } : {}),
        })),
      };
    });
  });
}
