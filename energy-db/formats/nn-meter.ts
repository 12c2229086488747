import { createHash } from "node:crypto";
import { z } from "zod";
import { fitted } from "./fitted.ts";
import type { ForeignRow, TableFormat } from "./foreign-table.ts";
import { convolutionMacs } from "./macs.ts";
import { isObject, jsonOf, malformed } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

/** Fields of a kernel's configuration that are widths; the others tell families apart. */
const config = z
  .object({ HW: z.number(), CIN: z.number(), COUT: z.number().optional() })
  .catchall(z.union([z.number(), z.string(), z.boolean(), z.null()]));
const spread = /^\s*([\d.eE+-]+)\s*\+-\s*([\d.eE+-]+)\s*$/;
const kernels = z.record(
  z.string(),
  z.record(z.string(), z.object({ config, latency: z.string().regex(spread) })),
);

/** What nn-Meter's builder profiled: ms as "mean +- deviation" by kernel type and a random name. */
export const nnMeter: TableFormat = {
  id: "nn-meter",
  title: "nn-Meter kernels as profiled",
  cannotHold: "energy, device, units, counts, images that are no square",
  recognises: (file) => {
    const document = jsonOf(file);
    if (!isObject(document)) return false;
    const [kernel] = Object.values(document);
    const [first] = isObject(kernel) ? Object.values(kernel) : [];
    return isObject(first) && isObject(first.config) && typeof first.latency === "string";
  },
  read: (file, { latencyUnit = "ms" } = {}) => {
    const parsed = kernels.safeParse(jsonOf(file));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw malformed(file, issue?.path.join(".") ?? "", 'a config, and a latency "mean +- sd"');
    }
    const rows = Object.entries(parsed.data).flatMap(([type, profiled]) =>
      Object.entries(profiled).map(([id, { config: sizes, latency }]) => {
        const [, mean, deviation] = spread.exec(latency) ?? [];
        const [latency_s, latency_sd_s] = [mean, deviation].map((text) =>
          toSi(Number(text), latencyUnit),
        );
        if (!Number.isFinite(latency_s) || !Number.isFinite(latency_sd_s))
          throw malformed(file, `${type}/${id}: ${latency}`, "two numbers");
        return {
          key: `${type}/${id}`,
          ...operationOf(type, sizes),
          latency_s: latency_s ?? 0,
          latency_sd_s: latency_sd_s ?? 0,
        };
      }),
    );
    return [{ dialect: "JSON of kernels", units: { latency: latencyUnit }, details: {}, rows }];
  },
  write: (tables) => {
    const fitting = fitted(nnMeter, tables, kernelOf);
    const document: Record<string, Record<string, object>> = {};
    for (const { type, id, profiled } of fitting)
      document[type] = { ...document[type], [id]: profiled };
    return {
      content: `${JSON.stringify(document, null, 1)}\n`,
      lost: ["names of the models that were profiled"],
    };
  },
};

const operations = [
  ["dwconv", "depthwise_conv2d"],
  ["conv", "conv2d"],
  ["fc", "dense"],
] as const;

function operationOf(type: string, sizes: z.infer<typeof config>): Omit<ForeignRow, "key"> {
  const { HW, CIN, COUT, KERNEL_SIZE, STRIDES, ...others } = sizes;
  const known = operations.find(([prefix]) => type.startsWith(prefix))?.[1];
  const at = {
    height: HW,
    width: HW,
    kernel: Number(KERNEL_SIZE ?? 1),
    stride: Number(STRIDES ?? 1),
  };
  const channels = { inChannels: CIN, ...(COUT === undefined ? {} : { outChannels: COUT }) };
  const shape = {
    ...{ type, height: HW, width: HW },
    ...(KERNEL_SIZE === undefined ? {} : { kernel: at.kernel }),
    ...(STRIDES === undefined ? {} : { stride: at.stride }),
    ...Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)])),
  };
  if (!known) return { op: type, shape, ...channels };
  const groups = known === "depthwise_conv2d" ? CIN : 1;
  const size = { ...at, inChannels: CIN, outChannels: COUT ?? CIN, groups };
  return { op: known, shape, ...channels, macs: convolutionMacs(size) };
}

const typeOfOp: Readonly<Record<string, string>> = {
  conv2d: "conv-bn-relu",
  depthwise_conv2d: "dwconv-bn-relu",
  dense: "fc",
};

/** The row as nn-Meter would have profiled it; undefined where it has no such kernel. */
function kernelOf({ key, op, shape, inChannels, outChannels, ...cost }: ForeignRow) {
  const { type = typeOfOp[op], height, width, kernel, stride, ...others } = shape;
  const { latency_s, latency_sd_s = 0 } = cost;
  const fits = typeof type === "string" && height !== undefined && height === width;
  if (!fits || inChannels === undefined || latency_s === undefined) return undefined;
  const sizes = {
    ...{ HW: height, CIN: inChannels },
    ...(outChannels === undefined ? {} : { COUT: outChannels }),
    ...(kernel === undefined ? {} : { KERNEL_SIZE: kernel }),
    ...(stride === undefined ? {} : { STRIDES: stride }),
    ...others,
  };
  return {
    type,
    id: key.startsWith(`${type}/`) ? key.slice(type.length + 1) : shortName(key),
    profiled: {
      model: "",
      shapes: [[height, height, inChannels]],
      config: sizes,
      latency: `${fromSi(latency_s, "ms")} +- ${fromSi(latency_sd_s, "ms")}`,
    },
  };
}

/** nn-Meter names kernels by letters and digits. */
const shortName = (key: string): string =>
  createHash("sha256").update(key).digest("hex").slice(0, 12).toUpperCase();
