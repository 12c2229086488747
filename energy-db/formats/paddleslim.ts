import { distinctKeys } from "./distinct-keys.ts";
import { fitted } from "./fitted.ts";
import type { ForeignRow, Shape, TableFormat } from "./foreign-table.ts";
import { convolutionMacs } from "./macs.ts";
import { headOf, malformed, numberOf, textOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

const version = /^([^,\t]*),([^,\t]*),([^,\t]*)$/;
const line = /^([a-z_]\w*(?:,[^,\t]*)+)\t\s*(\S+)\s*$/;

/** Parameters of the operators after their name, in order (PaddleSlim's docs on tables of hardware latency). */
const parameters: Readonly<Record<string, readonly string[]>> = {
  conv2d:
    "flag_bias,flag_relu,n_in,c_in,h_in,w_in,c_out,groups,kernel,padding,stride,dilation".split(
      ",",
    ),
  activation: "n_in,c_in,h_in,w_in".split(","),
  batch_norm: "active_type,n_in,c_in,h_in,w_in".split(","),
  eltwise: "n_in,c_in,h_in,w_in".split(","),
  pooling:
    "flag_global_pooling,n_in,c_in,h_in,w_in,kernel,padding,stride,ceil_mode,pool_type".split(","),
  softmax: "axis,n_in,c_in,h_in,w_in".split(","),
};

/** PaddleSlim's tables of operators: a line of hardware, engine and time, then parameters and a latency in ms. */
export const paddleslim: TableFormat = {
  id: "paddleslim",
  title: "PaddleSlim operator tables",
  cannotHold: "energy, units, spread, counts, anything but its operators",
  recognises: (file) => {
    const [first = "", second = ""] = headOf(file).split(/\r?\n/);
    return version.test(first) && line.test(second);
  },
  read: (file, { latencyUnit = "ms" } = {}) => {
    const [first = "", ...lines] = textOf(file).trimEnd().split(/\r?\n/);
    const [, device = "", engine = "", timestamp = ""] = version.exec(first) ?? [];
    if (device === "") throw malformed(file, "line 1", "hardware,engine,timestamp");
    const rows = lines.map((text, i) => {
      const [, key, latency] = line.exec(text) ?? [];
      if (key === undefined) throw malformed(file, `line ${i + 2}`, "parameters, a tab, a latency");
      const latency_s = toSi(numberOf(file, latency, `line ${i + 2}`), latencyUnit);
      return { key, ...operationOf(key), latency_s };
    });
    const details = { engine: engine.trim(), timestamp: timestamp.trim() };
    const units = { latency: latencyUnit };
    return [{ device, dialect: "table of operators", units, details, rows: distinctKeys(rows) }];
  },
  write: (tables) => {
    const fitting = fitted(paddleslim, tables, lineOf);
    const [first] = tables;
    const { device = "unknown", details = {} } = first ?? {};
    const { engine = "unknown", timestamp = "" } = details as Shape;
    const head = [device, engine, timestamp].map((text) => String(text).replaceAll(",", ";"));
    return { content: `${[head.join(), ...fitting].join("\n")}\n`, lost: [] };
  },
};

function operationOf(key: string): Omit<ForeignRow, "key"> {
  const [op = "", ...values] = key.split(",");
  const names = parameters[op];
  if (names?.length !== values.length) return { op, shape: { parameters: values.join() } };
  const { c_in, c_out, n_in, h_in, w_in, ...others } = Object.fromEntries(
    names.map((name, i) => [
      name,
      Number.isNaN(Number(values[i])) ? (values[i] ?? "") : Number(values[i]),
    ]),
  );
  const operation = {
    op,
    shape: { batch: n_in ?? 1, height: h_in ?? 1, width: w_in ?? 1, ...others },
    inChannels: Number(c_in),
    ...(c_out === undefined ? {} : { outChannels: Number(c_out) }),
  };
  if (op !== "conv2d") return operation;
  const [batch = 1, height = 0, width = 0, kernel = 0, stride = 1, groups = 1] = [
    n_in,
    h_in,
    w_in,
    others.kernel,
    others.stride,
    others.groups,
  ].map(Number);
  const size = { height, width, kernel, stride, groups: groups || 1 };
  const channels = { inChannels: Number(c_in), outChannels: Number(c_out) };
  return { ...operation, macs: batch * convolutionMacs({ ...size, ...channels }) };
}

/** Rows of this format keep their parameters; a convolution of another gets them. */
function lineOf({ key, op, shape, inChannels, outChannels, latency_s }: ForeignRow) {
  if (latency_s === undefined) return undefined;
  const named = key.replace(/ \(\d+\)$/, "");
  if (line.test(`${named}\t0`) && named.startsWith(`${op},`))
    return `${named}\t${fromSi(latency_s, "ms")}`;
  const { height, width, kernel = 1, stride = 1, groups = 1, batch = 1 } = shape;
  if (op !== "conv2d" || height === undefined || inChannels === undefined) return undefined;
  const padding = Math.floor((Number(kernel) - 1) / 2);
  const sizes = [0, 0, batch, inChannels, height, width, outChannels, groups];
  return `${[op, ...sizes, kernel, padding, stride, 1].join()}\t${fromSi(latency_s, "ms")}`;
}
