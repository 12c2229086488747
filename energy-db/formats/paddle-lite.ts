import { distinctKeys } from "./distinct-keys.ts";
import { fitted } from "./fitted.ts";
import type { ForeignRow, Shape, SourceFile, TableFormat } from "./foreign-table.ts";
import { convolutionMacs } from "./macs.ts";
import { headOf, malformed, numberOf, textOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

const columns = ["op_name", "input_dims", "output_dims", "param_info"] as const;
const ops: Readonly<Record<string, string>> = { conv: "conv2d", fc: "dense" };

/**
 * Paddle-Lite's latency_lookup_table.txt: a line of the device's settings, then operators by shapes and parameters with
 * the least, greatest and mean latency in ms; columns stand between tabs.
 */
export const paddleLite: TableFormat = {
  id: "paddle-lite",
  title: "Paddle-Lite operator tables",
  cannotHold: "energy, deviation, counts, anything but its operators",
  recognises: (file) => /^op_name\s+input_dims\s+output_dims\s+param_info/m.test(headOf(file)),
  read: (file) => {
    const lines = textOf(file).split(/\r?\n/).map(cells);
    const names = lines.findIndex(([first]) => first === columns[0]);
    if (names < 0) throw malformed(file, "the file", "a line of names: op_name, input_dims, ...");
    const { dev_info: device, ...details } = settingsOf(lines.slice(0, names));
    const rows = lines
      .slice(names + 1)
      .flatMap((line, i) => (line.length > 1 ? [rowOf(file, line, names + 2 + i)] : []));
    return [
      {
        ...(device === undefined ? {} : { device }),
        dialect: "table of operators",
        units: { latency: "ms" as const },
        details,
        rows: distinctKeys(rows),
      },
    ];
  },
  write: (tables) => {
    const fitting = fitted(paddleLite, tables, lineOf);
    const [first] = tables;
    const { device = "unknown", details = {} } = first ?? {};
    const head = [
      ["dev_info", ...Object.keys(details)].join("\t"),
      [device, ...Object.values(details)].join("\t"),
    ];
    const names = [...columns, "min_latency(ms)", "max_latency(ms)", "avg_latency(ms)"].join("\t");
    return { content: `${[...head, "", names, ...fitting].join("\n")}\n`, lost: [] };
  },
};

/** Padded columns between tabs, or two spaces and more. */
const cells = (line: string): readonly string[] =>
  line
    .split(/\t|\s{2,}/)
    .map((cell) => cell.trim())
    .filter(Boolean);

function settingsOf(lines: readonly (readonly string[])[]): Readonly<Record<string, string>> {
  const [names = [], values = []] = lines.filter((line) => line.length > 0);
  return Object.fromEntries(names.flatMap((name, i) => (values[i] ? [[name, values[i]]] : [])));
}

const numbersIn = (text: string): readonly number[] => (text.match(/\d+/g) ?? []).map(Number);

function rowOf(file: SourceFile, line: readonly string[], number: number): ForeignRow {
  const [name = "", input = "", output = "", parameters = "", ...times] = line;
  const [fastest_s = 0, slowest_s = 0, latency_s = 0] = [0, 1, 2].map((i) =>
    toSi(numberOf(file, times[i], `line ${number}, ${name}`), "ms"),
  );
  const settings = Object.fromEntries(
    [...parameters.matchAll(/(\w+)=([^,)]+)/g)].map(([, key = "", value = ""]) => [
      key,
      value.trim(),
    ]),
  );
  return {
    key: [name, input, output, parameters].join("\t"),
    ...operationOf(name, numbersIn(input), numbersIn(output), settings),
    ...{ latency_s, fastest_s, slowest_s },
  };
}

function operationOf(
  name: string,
  [batch = 1, inChannels = 1, height, width]: readonly number[],
  output: readonly number[],
  { ch_out, ...settings }: Readonly<Record<string, string>>,
): Omit<ForeignRow, "key"> {
  const [, outChannels] = output;
  const image: Shape = height === undefined || width === undefined ? {} : { height, width };
  // The widths of a dense layer stand in the parameters too.
  const { param_dim: _, ...others } = settings;
  const shape = { ...image, ...(batch > 1 ? { batch } : {}), ...others };
  const operation = {
    ...{ op: ops[name] ?? name, shape, inChannels },
    ...(outChannels === undefined ? {} : { outChannels }),
  };
  if (name !== "conv" || height === undefined || width === undefined || !ch_out) return operation;
  const [kernel = 1] = numbersIn(settings.kernel ?? "");
  const at = { height, width, kernel, stride: atLeastOne(settings.stride) };
  const size = {
    ...at,
    inChannels,
    outChannels: Number(ch_out),
    groups: atLeastOne(settings.group),
  };
  return { ...operation, macs: batch * convolutionMacs(size) };
}

const atLeastOne = (text: string | undefined): number => Number(text) || 1;

/** Rows of this format keep their line. */
function lineOf({ key, latency_s, fastest_s = latency_s, slowest_s = latency_s }: ForeignRow) {
  const named = key.replace(/ \(\d+\)$/, "");
  if (named.split("\t").length !== columns.length || latency_s === undefined) return undefined;
  const times = [fastest_s, slowest_s, latency_s].map((time_s) => fromSi(time_s ?? 0, "ms"));
  return [named, ...times].join("\t");
}
