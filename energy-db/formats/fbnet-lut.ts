import { z } from "zod";
import { groupBy } from "../group-by.ts";
import { distinctKeys } from "./distinct-keys.ts";
import { fitted } from "./fitted.ts";
import type { ForeignRow, TableFormat } from "./foreign-table.ts";
import { convolutionMacs } from "./macs.ts";
import { isObject, jsonOf, malformed, parseJson } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

const call = z.object({
  op_type: z.string(),
  op_args: z.array(z.string()),
  input_shapes: z.array(z.array(z.number())),
  input_dtypes: z.array(z.union([z.number(), z.string()])),
});
const record = call.extend({
  runtime_us_p0: z.number(),
  runtime_us_p50: z.number(),
  runtime_us_p100: z.number(),
  device: z.string().optional(),
});
type Call = z.infer<typeof call>;

/** FBNet's and ChamNet's operators as Caffe2 runs them: percentiles in µs. The median counts; the tenth and ninetieth are left. */
export const fbnetLut: TableFormat = {
  id: "fbnet-lut",
  title: "FBNet and ChamNet operator tables",
  cannotHold: "energy, units, the mean, deviation, counts, anything but Caffe2's operators",
  recognises: (file) => {
    const document = jsonOf(file);
    const [first] = Array.isArray(document) ? document : [];
    return isObject(first) && "op_type" in first && "runtime_us_p50" in first;
  },
  read: (file) => {
    const parsed = z.array(record).safeParse(jsonOf(file));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw malformed(file, issue?.path.join(".") ?? "", issue?.message ?? "a list of operators");
    }
    const devices = groupBy(parsed.data, ({ device }) => device);
    return [...devices].map(([device, records]) => ({
      ...(device === undefined ? {} : { device }),
      dialect: "JSON of percentiles",
      units: { latency: "us" as const },
      details: {},
      rows: distinctKeys(
        records.map(({ runtime_us_p0, runtime_us_p50, runtime_us_p100, device: _, ...own }) => ({
          key: JSON.stringify(own),
          ...operationOf(own),
          latency_s: toSi(runtime_us_p50, "us"),
          fastest_s: toSi(runtime_us_p0, "us"),
          slowest_s: toSi(runtime_us_p100, "us"),
        })),
      ),
    }));
  },
  write: (tables) => {
    const devices = new Map(tables.flatMap(({ device, rows }) => rows.map((row) => [row, device])));
    const records = fitted(fbnetLut, tables, (row) => recordOf(row, devices.get(row)));
    return {
      content: `${JSON.stringify(records, null, 1)}\n`,
      lost: ["the tenth and ninetieth percentiles"],
    };
  },
};

function recordOf(row: ForeignRow, device: string | undefined) {
  const own = callOf(row.key);
  const { latency_s, fastest_s = latency_s, slowest_s = latency_s } = row;
  if (!own || latency_s === undefined) return undefined;
  return {
    ...own,
    runtime_us_p0: fromSi(fastest_s ?? 0, "us"),
    runtime_us_p50: fromSi(latency_s, "us"),
    runtime_us_p100: fromSi(slowest_s ?? 0, "us"),
    ...(device === undefined ? {} : { device }),
  };
}

/** The call that a key names; where a call was timed twice, its key ends in a number. */
const callOf = (key: string): Call | undefined =>
  call.safeParse(parseJson(key.replace(/ \(\d+\)$/, ""))).data;

/** A convolution's arguments as protobuf text: `name: "stride" i: 2`. */
const argument = (args: readonly string[], name: string): number | undefined => {
  const found = args.find((text) => text.includes(`"${name}"`));
  const value = /\bi:\s*(\d+)/.exec(found ?? "")?.[1];
  return value === undefined ? undefined : Number(value);
};

function operationOf({ op_type, op_args, input_shapes }: Call): Omit<ForeignRow, "key"> {
  const [image = [], weights = []] = input_shapes;
  const [, inChannels = 0, height = 0, width = 0] = image;
  const [outChannels = 0, inPerGroup = 0, kernel = 0] = weights;
  const isConvolution =
    /conv/i.test(op_type) && image.length === 4 && weights.length === 4 && inPerGroup > 0;
  if (!isConvolution) return { op: op_type, shape: { inputs: JSON.stringify(input_shapes) } };
  const stride = argument(op_args, "stride") ?? 1;
  const groups = argument(op_args, "group") ?? inChannels / inPerGroup;
  const isDepthwise = groups > 1 && groups === inChannels;
  const at = { height, width, kernel, stride };
  return {
    op: isDepthwise ? "depthwise_conv2d" : "conv2d",
    shape: { ...at, ...(isDepthwise ? {} : { groups }), type: op_type },
    inChannels,
    outChannels,
    macs: convolutionMacs({ ...at, inChannels, outChannels, groups }),
  };
}
