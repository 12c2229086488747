import { distinctKeys } from "./distinct-keys.ts";
import { fitted } from "./fitted.ts";
import type { ForeignRow, ForeignTable, Shape, SourceFile, TableFormat } from "./foreign-table.ts";
import { headOf, malformed, numberOf, textOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

const counts = /\bcount=(\d+)(.*)$/;
const summary = /Inference timings in us:.*Inference \(avg\):\s*([\d.eE+-]+)/;
const setting =
  /^(?:\[.*?\]\s*)?(Num threads|Use gpu|Use NNAPI|Use xnnpack|Min num runs): \[(.*)\]/i;
const graph = /^(?:\[.*?\]\s*)?Graph: \[(?:.*\/)?(.*?)\]/;
const nodes = "[node type]";
/** Operators stand under this line, once in run order; before it those of the initialisation. */
const profiled = "Operator-wise Profiling Info for Regular Benchmark Runs";

/** What TensorFlow Lite's benchmark_model prints: whole networks in µs and, where it profiled them, their operators in ms. */
export const tfliteLog: TableFormat = {
  id: "tflite-log",
  title: "TensorFlow Lite benchmark logs",
  cannotHold: "energy, the device's name, widths, shapes",
  recognises: (file) =>
    /benchmark_model|Inference timings in us|Min num runs: \[/.test(headOf(file, 16_384)),
  read: (file) => {
    const runs = runsOf(textOf(file).split(/\r?\n/));
    const read = runs.map((lines, i) => readRun(file, lines, i));
    const [{ details } = { details: {} }] = read;
    return [
      {
        dialect: "log",
        units: { latency: "us" },
        details,
        rows: distinctKeys(read.flatMap(({ rows }) => rows)),
      },
    ];
  },
  write: (tables) => {
    const networks = new Set(
      tables.flatMap(({ rows }) => rows.flatMap(({ op, key }) => (op === "network" ? [key] : []))),
    );
    const fitting = fitted(tfliteLog, tables, (row) =>
      row.op === "network" || networks.has(String(row.shape.network)) ? row : undefined,
    );
    const runs = fitting
      .filter(({ op }) => op === "network")
      .map((network) =>
        writeRun(
          network,
          fitting.filter(({ shape }) => shape.network === network.key),
          tables[0],
        ),
      );
    return {
      content: `${runs.join("\n")}\n`,
      lost: ["digits of operators below 1 µs"],
    };
  },
};

/** A log may hold several runs. */
function runsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const starts = lines.flatMap((text, i) => (/STARTING!|^Min num runs/.test(text) ? [i] : []));
  const own = starts.filter((at, i) => i === 0 || at - (starts[i - 1] ?? 0) > 3);
  const [first = 0] = own;
  return [0, ...own.filter((at) => at > first)].map((at, i, all) => lines.slice(at, all[i + 1]));
}

interface Run {
  readonly details: Shape;
  readonly rows: readonly ForeignRow[];
}

function readRun(file: SourceFile, lines: readonly string[], index: number): Run {
  const name = lines.flatMap((text) => graph.exec(text)?.[1] ?? [])[0] ?? `run ${index + 1}`;
  const details = Object.fromEntries(
    lines.flatMap((text) => {
      const [, key, value] = setting.exec(text) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value]];
    }),
  );
  const network = networkOf(file, lines, name);
  return { details, rows: [network, ...operatorsOf(file, lines, name)] };
}

/** The last count before the summary is that of the runs that count: those before warm up, those after are sums of operators. */
function networkOf(file: SourceFile, lines: readonly string[], key: string): ForeignRow {
  const end = lines.findIndex((text) => summary.test(text));
  const until = end < 0 ? lines.length : end;
  const counted = lines.slice(0, until).findLast((text) => counts.test(text));
  const [, samples, fields = ""] = counts.exec(counted ?? "") ?? [];
  const mean = summary.exec(lines[end] ?? "")?.[1] ?? field(fields, "avg");
  if (mean === undefined)
    throw malformed(file, key, "a line of timings: count=..., or Inference (avg)");
  const time_s = (text: string) => toSi(numberOf(file, text, `${key}: ${text}`), "us");
  const given = (
    text: string | undefined,
    name: "latency_sd_s" | "fastest_s" | "slowest_s",
  ): Partial<Pick<ForeignRow, typeof name>> => (text === undefined ? {} : { [name]: time_s(text) });
  return {
    ...{ key, op: "network", shape: {}, latency_s: time_s(mean) },
    ...given(field(fields, "std"), "latency_sd_s"),
    ...given(field(fields, "min"), "fastest_s"),
    ...given(field(fields, "max"), "slowest_s"),
    ...(samples === undefined ? {} : { samples: Number(samples) }),
  };
}

const field = (text: string, name: string): string | undefined =>
  new RegExp(`\\b${name}=([\\d.eE+-]+)`).exec(text)?.[1];

/** In run order: the first table after the line that announces them. */
function operatorsOf(
  file: SourceFile,
  lines: readonly string[],
  network: string,
): readonly ForeignRow[] {
  const announced = lines.findIndex((text) => text.includes(profiled));
  const named =
    announced < 0 ? -1 : lines.findIndex((text, i) => i > announced && text.includes(nodes));
  if (named < 0) return [];
  const names = columnsOf(lines[named] ?? "");
  const end = lines.findIndex((text, i) => i > named && text.trim() === "");
  return lines.slice(named + 1, end < 0 ? undefined : end).map((text, layer) => {
    const values = Object.fromEntries(columnsOf(text).map((value, i) => [names[i], value]));
    const { [nodes]: op = "", "[avg ms]": mean, "[Name]": name = "" } = values;
    const key = `${network}/${layer} ${name}`;
    const latency_s = toSi(numberOf(file, mean, key), "ms");
    return { key, op, shape: { network, layer, name }, latency_s };
  });
}

const columnsOf = (text: string): readonly string[] =>
  text
    .trim()
    .split("\t")
    .map((cell) => cell.trim());

function writeRun(network: ForeignRow, operators: readonly ForeignRow[], table?: ForeignTable) {
  const { key, latency_s = 0, latency_sd_s = 0, samples = 1 } = network;
  const { fastest_s = latency_s, slowest_s = latency_s } = network;
  const [avg, std, min, max] = [latency_s, latency_sd_s, fastest_s, slowest_s].map((time_s) =>
    fromSi(time_s, "us"),
  );
  const profile = [...operators]
    .sort((a, b) => Number(a.shape.layer) - Number(b.shape.layer))
    .map(({ op, shape, latency_s: time_s = 0 }) =>
      ["", op, fromSi(time_s, "ms").toFixed(3), "1", String(shape.name ?? "")].join("\t"),
    );
  const names = ["", nodes, "[avg ms]", "[times called]", "[Name]"].join("\t");
  return [
    "STARTING!",
    ...Object.entries(table?.details ?? {}).map(([name, value]) => `${name}: [${value}]`),
    `Graph: [${key}]`,
    `count=${samples} min=${min} max=${max} avg=${avg} std=${std}`,
    `Inference timings in us: Inference (avg): ${avg}`,
    ...(profile.length > 0 ? [`${profiled}:`, names, ...profile, ""] : []),
  ].join("\n");
}
