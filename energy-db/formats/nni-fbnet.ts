import { z } from "zod";
import { fitted } from "./fitted.ts";
import type { ForeignRow, TableFormat } from "./foreign-table.ts";
import { headOf, malformed, parseJson, textOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

const record = z.object({
  op_name: z.string(),
  /** Width, height, input channels, output channels, stride. */
  op_data_shape: z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]),
  op_dtype: z.string(),
  op_latency: z.number(),
});

/** The `lut.txt` of NNI's FBNet: a Python dictionary a line, latencies in µs. */
export const nniFbnet: TableFormat = {
  id: "nni-fbnet",
  title: "NNI's lut.txt",
  cannotHold: "energy, device, units, spread, counts, kernel sizes",
  recognises: (file) => /^\s*\{\s*['"]op_name['"]/.test(headOf(file, 200)),
  read: (file, { latencyUnit = "us" } = {}) => {
    const lines = textOf(file).split(/\r?\n/);
    const rows = lines.flatMap((line, i): readonly ForeignRow[] => {
      if (line.trim() === "") return [];
      const parsed = record.safeParse(pythonLiteral(line));
      if (!parsed.success)
        throw malformed(file, `line ${i + 1}`, "op_name, op_data_shape, op_dtype, op_latency");
      const { op_name, op_data_shape, op_dtype, op_latency } = parsed.data;
      const [width, height, inChannels, outChannels, stride] = op_data_shape;
      return [
        {
          key: `${op_name}/${op_data_shape.join("x")}/${op_dtype}`,
          op: op_name,
          shape: { height, width, stride, dtype: op_dtype },
          inChannels,
          outChannels,
          latency_s: toSi(op_latency, latencyUnit),
        },
      ];
    });
    return [{ dialect: "Python dictionaries", units: { latency: latencyUnit }, details: {}, rows }];
  },
  write: (tables) => {
    const fitting = fitted(nniFbnet, tables, lineOf);
    return { content: `${fitting.join("\n")}\n`, lost: [] };
  },
};

/** Names that need no escapes, on either side. */
const plainName = /^[\w .+-]+$/;

function lineOf({ op, shape, inChannels, outChannels, latency_s }: ForeignRow) {
  const { height, width, stride = 1, dtype = "float" } = shape;
  const sizes = [width, height, inChannels, outChannels, stride];
  const fits = sizes.every((size) => typeof size === "number") && plainName.test(op);
  if (!fits || latency_s === undefined || !plainName.test(String(dtype))) return undefined;
  return `{'op_name': '${op}', 'op_data_shape': (${sizes.join(", ")}), 'op_dtype': '${dtype}', 'op_latency': ${fromSi(latency_s, "us")}}`;
}

/** A Python literal without escapes in its texts, as JSON has it; undefined where it is none. */
function pythonLiteral(text: string): unknown {
  const json = text.replace(/'[^'\\]*'|"[^"\\]*"|\(|,?\s*\)/g, (token) => {
    if (token === "(") return "[";
    if (token.endsWith(")")) return "]";
    return JSON.stringify(token.slice(1, -1));
  });
  return parseJson(json);
}
