import type { ForeignRow, TableFormat } from "./foreign-table.ts";
import { headOf, malformed, textOf } from "./source-text.ts";
import { toSi } from "./units.ts";

const setting = /^\s*(loop_count|num_threads|powersave|gpu_device|cooling_down)\s*=\s*(-?\d+)\s*$/;
const line = /^\s*(\S+)\s+min\s*=\s*([\d.]+)\s+max\s*=\s*([\d.]+)\s+avg\s*=\s*([\d.]+)\s*$/;

/** What ncnn's benchncnn prints: settings, then a line per model in ms. */
export const benchncnn: TableFormat = {
  id: "benchncnn",
  title: "benchncnn logs",
  cannotHold: "energy, the device's name, layers",
  recognises: (file) =>
    headOf(file)
      .split(/\r?\n/)
      .some((text) => line.test(text)),
  read: (file) => {
    const details: Record<string, number> = {};
    const rows: ForeignRow[] = [];
    for (const text of textOf(file).split(/\r?\n/)) {
      const [, name, value] = setting.exec(text) ?? [];
      if (name) details[name] = Number(value);
      const [, model, fastest, slowest, mean] = line.exec(text) ?? [];
      if (!model) continue;
      if (rows.some(({ key }) => key === model))
        throw malformed(file, model, "every model once: split the log by runs");
      rows.push({
        key: model,
        op: "network",
        shape: {},
        latency_s: toSi(Number(mean), "ms"),
        fastest_s: toSi(Number(fastest), "ms"),
        slowest_s: toSi(Number(slowest), "ms"),
        ...(details.loop_count ? { samples: details.loop_count } : {}),
      });
    }
    return [{ dialect: "log", units: { latency: "ms" }, details, rows }];
  },
  write: (tables) => ({
    content: `${tables
      .flatMap(({ details, rows }) => [
        ...Object.entries(details).map(([name, value]) => `${name} = ${value}`),
        ...rows
          .filter(({ op }) => op === "network")
          .map(({ key, latency_s = 0, fastest_s = latency_s, slowest_s = latency_s }) => {
            const [low, high, mean] = [fastest_s, slowest_s, latency_s].map((time_s) =>
              (1e3 * time_s).toFixed(2).padStart(7),
            );
            return `${key.padStart(20)}  min = ${low}  max = ${high}  avg = ${mean}`;
          }),
      ])
      .join("\n")}\n`,
    lost: ["digits below 10 µs"],
  }),
};
