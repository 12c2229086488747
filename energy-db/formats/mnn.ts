import { distinctKeys } from "./distinct-keys.ts";
import { fitted } from "./fitted.ts";
import type { ForeignRow, TableFormat } from "./foreign-table.ts";
import { headOf, textOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

const line =
  /^\[ ?- ?\]\s*(\S+)\s+max\s*=\s*([\d.]+)\s*ms\s+min\s*=\s*([\d.]+)\s*ms\s+avg\s*=\s*([\d.]+)\s*ms/;
/** Settings stand in stars: `Forward type: **CPU** thread=4** precision=2`. */
const setting = /\b(Forward type|thread|precision|loop)\s*[:=]\s*\**([\w.]+)/gi;

/** What MNN's benchmark.out prints: a line per model in ms. */
export const mnn: TableFormat = {
  id: "mnn",
  title: "MNN benchmark logs",
  cannotHold: "energy, the device's name, deviation, layers",
  recognises: (file) =>
    headOf(file)
      .split(/\r?\n/)
      .some((text) => line.test(text)),
  read: (file) => {
    const lines = textOf(file).split(/\r?\n/);
    const details: Record<string, string> = {};
    const rows = lines.flatMap((text): readonly ForeignRow[] => {
      const [, key, slowest, fastest, mean] = line.exec(text) ?? [];
      if (key === undefined) {
        for (const [, name = "", value = ""] of text.matchAll(setting)) details[name] = value;
        return [];
      }
      const [slowest_s, fastest_s, latency_s] = [slowest, fastest, mean].map((time) =>
        toSi(Number(time), "ms"),
      );
      const samples = Number(details.loop);
      return [
        {
          ...{ key, op: "network", shape: {} },
          ...{ latency_s: latency_s ?? 0, fastest_s: fastest_s ?? 0, slowest_s: slowest_s ?? 0 },
          ...(samples > 0 ? { samples } : {}),
        },
      ];
    });
    return [{ dialect: "log", units: { latency: "ms" }, details, rows: distinctKeys(rows) }];
  },
  write: (tables) => {
    const fitting = fitted(mnn, tables, lineOf);
    const settings = Object.entries(tables[0]?.details ?? {}).map(
      ([name, value]) => `${name}: **${value}**`,
    );
    return { content: `${["MNN benchmark", ...settings, ...fitting].join("\n")}\n`, lost: [] };
  },
};

function lineOf({ key, op, latency_s, fastest_s = latency_s, slowest_s = latency_s }: ForeignRow) {
  if (op !== "network" || latency_s === undefined) return undefined;
  const [max, min, avg] = [slowest_s, fastest_s, latency_s].map((time_s) =>
    fromSi(time_s ?? 0, "ms"),
  );
  return `[ - ] ${key.replaceAll(/\s+/g, "_")}    max = ${max}ms  min = ${min}ms  avg = ${avg}ms`;
}
