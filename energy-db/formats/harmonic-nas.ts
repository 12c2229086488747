import { fitted } from "./fitted.ts";
import type { ForeignRow, Shape, TableFormat } from "./foreign-table.ts";
import { blockMacs, convolutionMacs } from "./macs.ts";
import { headOf, isObject, jsonOf, malformed, numberOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

const grammar = /^([A-Za-z]\w*)-input:(\d+(?:_\d+)*)((?:-\w+:[\w.]+)*)$/;
const ops: Readonly<Record<string, string>> = {
  MBConvLayer: "mbconv",
  ConvLayer: "conv2d",
  LinearLayer: "dense",
};
/** Flags that are widths; the others tell families apart, but for `expand`, which follows from them. */
const widths = {
  in_ch: "inChannels",
  in_features: "inChannels",
  mid_ch: "midChannels",
  out_ch: "outChannels",
  out_features: "outChannels",
} as const;

/** Harmonic-NAS's ms and mJ of blocks, numbers as texts: `MBConvLayer-input:1_24_112_112-in_ch:24-...` (NCHW). */
export const harmonicNas: TableFormat = {
  id: "harmonic-nas",
  title: "Harmonic-NAS block tables",
  cannotHold: "device, units, spread, counts, anything but its layers and mobile blocks",
  recognises: (file) => /-input:\d+(_\d+)+-/.test(headOf(file)) && isObject(jsonOf(file)),
  read: (file, { latencyUnit = "ms", energyUnit = "mJ" } = {}) => {
    const document = jsonOf(file);
    if (!isObject(document)) throw malformed(file, "the document", "an object of costs");
    const rows = Object.entries(document).map(([key, cost]) => {
      const layer = layerOf(key);
      if (!layer) throw malformed(file, key, "TYPE-input:N_C_H_W-FLAG:VALUE-...");
      if (!isObject(cost)) throw malformed(file, key, "lat and enrg");
      const number = (field: string) => numberOf(file, cost[field], `${key}: ${field}`);
      return {
        key,
        ...layer,
        latency_s: toSi(number("lat"), latencyUnit),
        ...("enrg" in cost ? { energy_j: toSi(number("enrg"), energyUnit) } : {}),
      };
    });
    const units = { latency: latencyUnit, energy: energyUnit };
    return [{ dialect: "JSON of texts", units, details: {}, rows }];
  },
  write: (tables) => {
    const fitting = fitted(harmonicNas, tables, entryOf);
    return { content: `${JSON.stringify(Object.fromEntries(fitting), null, 1)}\n`, lost: [] };
  },
};

function entryOf(row: ForeignRow) {
  const key = keyOf(row);
  const { latency_s, energy_j } = row;
  if (key === undefined || latency_s === undefined) return undefined;
  const enrg = energy_j === undefined ? {} : { enrg: String(fromSi(energy_j, "mJ")) };
  return [key, { lat: String(fromSi(latency_s, "ms")), ...enrg }] as const;
}

type Layer = Omit<ForeignRow, "key">;

function layerOf(key: string): Layer | undefined {
  const [, type = "", input = "", flags = ""] = grammar.exec(key) ?? [];
  if (type === "") return undefined;
  const [batch = 1, , height = 1, width = 1] = input.split("_").map(Number);
  const named = [...flags.matchAll(/-(\w+):([\w.]+)/g)].map(
    ([, name = "", text = ""]) => [name, Number.isNaN(Number(text)) ? text : Number(text)] as const,
  );
  const channels = named.flatMap(([name, value]) => (isWidth(name) ? [[widths[name], value]] : []));
  const others = named.flatMap(([name, value]) =>
    isWidth(name) || name === "expand" ? [] : [[name === "use_se" ? "se" : name, value]],
  );
  return withMacs({
    op: ops[type] ?? type,
    shape: { height, width, ...(batch > 1 ? { batch } : {}), ...Object.fromEntries(others) },
    ...Object.fromEntries(channels),
  });
}

const isWidth = (name: string): name is keyof typeof widths => name in widths;

function withMacs(layer: Layer): Layer {
  const { op, shape, inChannels, midChannels, outChannels } = layer;
  const [height, width, kernel, stride] = ["height", "width", "kernel", "stride"].map((name) =>
    Number(shape[name]),
  );
  const at = { height: height ?? 0, width: width ?? 0, kernel: kernel ?? 0, stride: stride ?? 0 };
  if (inChannels === undefined || outChannels === undefined) return layer;
  if (!Object.values(at).every((size) => size > 0)) return layer;
  if (op === "conv2d") {
    const groups = Number(shape.groups ?? 1);
    return { ...layer, macs: convolutionMacs({ ...at, inChannels, outChannels, groups }) };
  }
  if (op !== "mbconv" || midChannels === undefined) return layer;
  return { ...layer, macs: blockMacs({ ...at, inChannels, midChannels, outChannels }) };
}

/** A row of this format keeps its key; a mobile block of another gets one. */
function keyOf({ key, op, shape, inChannels, midChannels, outChannels }: ForeignRow) {
  if (grammar.test(key) && Object.values(ops).includes(op)) return key;
  if (op !== "mbconv" || inChannels === undefined || midChannels === undefined) return undefined;
  const flags: Shape = {
    in_ch: inChannels,
    out_ch: outChannels ?? inChannels,
    mid_ch: midChannels,
    expand: Number((midChannels / inChannels).toFixed(4)),
    kernel: shape.kernel ?? 1,
    stride: shape.stride ?? 1,
    use_se: shape.se ?? 0,
  };
  const texts = Object.entries(flags).map(([name, value]) => `-${name}:${value}`);
  return `MBConvLayer-input:1_${inChannels}_${shape.height}_${shape.width}${texts.join("")}`;
}
