import { parse, stringify } from "yaml";
import { type BlockKey, formatBlockKey, imageOf, parseBlockKey } from "./block-key.ts";
import { fitted } from "./fitted.ts";
import type {
  ForeignRow,
  ForeignTable,
  Shape,
  SourceFile,
  TableFormat,
  Written,
} from "./foreign-table.ts";
import { blockMacs, type ConvolutionSize, convolutionMacs } from "./macs.ts";
import {
  headOf,
  isObject,
  type JsonObject,
  jsonOf,
  malformed,
  numberOf,
  textOf,
} from "./source-text.ts";
import type { LatencyUnit } from "./units.ts";

/** Layers around the blocks of a mobile network, by the part they play. */
type Role = "first" | "block" | "final-expand" | "pool" | "mix" | "classifier";

/** How one family of block tables writes keys and values. */
export interface BlockDialect {
  readonly id: string;
  readonly title: string;
  readonly cannotHold: string;
  /** The dialect's word for each part. */
  readonly types: Readonly<Partial<Record<Role, string>>>;
  /** What `expand` counts: channels inside the block, or how many times the input's. */
  readonly expand: "channels" | "ratio";
  /** Flags of a block's key that the dialect knows. */
  readonly flags: readonly ("se" | "hs")[];
  /** Whether values look like this dialect's. */
  accepts(value: JsonObject): boolean;
  readValue(value: JsonObject, number: (field: string) => number, unit: LatencyUnit): BlockValue;
  writeValue(row: ForeignRow): Record<string, unknown> | undefined;
}

type BlockValue = Pick<ForeignRow, "latency_s" | "latency_sd_s" | "energy_j" | "samples">;

/** A format of tables keyed by blocks, in YAML or JSON. */
export function blockTableFormat(dialect: BlockDialect): TableFormat {
  return {
    id: dialect.id,
    title: dialect.title,
    cannotHold: dialect.cannotHold,
    rowsAre: "blocks",
    recognises: (file) => recognises(file, dialect),
    read: (file, { latencyUnit = "ms" } = {}) => [
      {
        dialect: `${jsonOf(file) === undefined ? "YAML" : "JSON"}, expand is ${dialect.expand === "ratio" ? "a ratio" : "a channel count"}`,
        units: { latency: latencyUnit },
        details: {},
        rows: Object.entries(entriesOf(file)).map(([key, value]) =>
          rowOf(file, dialect, key, value, latencyUnit),
        ),
      },
    ],
    write: (tables) => writeBlocks(dialect, tables),
  };
}

function recognises(file: SourceFile, dialect: BlockDialect): boolean {
  if (!/[A-Za-z0-9_]+-input:\d/.test(headOf(file))) return false;
  const found = sampleOf(file);
  if (!found) return false;
  const key = parseBlockKey(found[0]);
  return (
    key !== undefined &&
    Object.values(dialect.types).includes(key.type) &&
    isObject(found[1]) &&
    dialect.accepts(found[1])
  );
}

/** The first entry, without reading a YAML file whole. */
function sampleOf(file: SourceFile): readonly [string, unknown] | undefined {
  const json = jsonOf(file);
  if (isObject(json)) return Object.entries(json)[0];
  const [first = "", ...following] = headOf(file).split("\n");
  const end = following.findIndex((line) => !line.startsWith(" "));
  const value = yamlOf([first, ...following.slice(0, end < 0 ? undefined : end)].join("\n"));
  return isObject(value) ? Object.entries(value)[0] : undefined;
}

function entriesOf(file: SourceFile): JsonObject {
  const value = jsonOf(file) ?? yamlOf(textOf(file));
  if (!isObject(value)) throw malformed(file, "the document", "keys and values, in YAML or JSON");
  return value;
}

/** YAML takes hundreds of times its size to read. */
const largestYaml_characters = 2 ** 25;

/** Undefined where the text is no YAML, plays with aliases, or is too large. */
function yamlOf(text: string): unknown {
  if (text.length > largestYaml_characters) return undefined;
  try {
    return parse(text, { maxAliasCount: 0, logLevel: "error" });
  } catch {
    return undefined;
  }
}

function rowOf(
  file: SourceFile,
  dialect: BlockDialect,
  key: string,
  value: unknown,
  unit: LatencyUnit,
): ForeignRow {
  const parsed = parseBlockKey(key);
  if (!parsed) throw malformed(file, key, "TYPE-input:HxWxC-output:HxWxC and flags");
  if (!isObject(value)) throw malformed(file, key, "a mean and its spread");
  const number = (field: string) => numberOf(file, value[field], `${key}: ${field}`);
  return { key, ...blockOf(parsed, dialect), ...dialect.readValue(value, number, unit) };
}

function blockOf(key: BlockKey, dialect: BlockDialect): Omit<ForeignRow, "key"> {
  const { input, output, flags } = key;
  const [height, width, inChannels] = imageOf(input);
  const [, , outChannels] = imageOf(output);
  const role = roleOf(key.type, dialect);
  const { kernel = role === "first" ? 3 : 1, stride = strideOf(key), expand } = flags;
  const at = { height, width, kernel, stride };
  if (expand === undefined) return plainOf(key, { ...at, inChannels, outChannels }, role);
  const midChannels = dialect.expand === "ratio" ? inChannels * expand : expand;
  return {
    op: "mbconv",
    shape: { ...at, idskip: flags.idskip ?? 0, ...given("se", flags.se), ...given("hs", flags.hs) },
    inChannels,
    midChannels,
    outChannels,
    macs: blockMacs({ ...at, inChannels, midChannels, outChannels }),
  };
}

/** A layer around the blocks. */
function plainOf(
  { type, input, output }: BlockKey,
  { inChannels, outChannels, ...at }: ConvolutionSize,
  role: Role | undefined,
): Omit<ForeignRow, "key"> {
  if (role === "pool") {
    const { height, width } = at;
    return { op: "global_pool", shape: { height, width, role }, inChannels, outChannels };
  }
  return {
    op: output.length === 1 ? "dense" : "conv2d",
    shape: { ...at, role: role ?? type, ...(input.length === 1 ? { vector: 1 } : {}) },
    inChannels,
    outChannels,
    macs: convolutionMacs({ ...at, inChannels, outChannels }),
  };
}

/** What the sizes say where no flag does. */
const strideOf = ({ input, output }: BlockKey): number =>
  Math.max(1, Math.round(imageOf(input)[0] / imageOf(output)[0]));

const given = (name: string, value: number | undefined): Shape =>
  value === undefined ? {} : { [name]: value };

function roleOf(type: string, { types }: BlockDialect): Role | undefined {
  const found = Object.entries(types).find(([, word]) => word === type);
  return found?.[0] as Role | undefined;
}

function writeBlocks(dialect: BlockDialect, tables: readonly ForeignTable[]): Written {
  const entries = fitted(dialect, tables, (row) => {
    const key = keyOf(row, dialect);
    const value = dialect.writeValue(row);
    return key === undefined || value === undefined ? undefined : ([key, value] as const);
  });
  return { content: stringify(Object.fromEntries(entries), { lineWidth: 0 }), lost: [] };
}

/** Undefined where the dialect has no key for such a row. */
function keyOf(row: ForeignRow, dialect: BlockDialect): string | undefined {
  const { op, shape, inChannels, midChannels, outChannels } = row;
  const { height, width, stride = 1 } = shape;
  if (typeof height !== "number" || typeof width !== "number" || typeof stride !== "number")
    return undefined;
  if (inChannels === undefined || outChannels === undefined) return undefined;
  const role = op === "mbconv" ? "block" : (shape.role as Role | undefined);
  const type = role && dialect.types[role];
  if (!type) return undefined;
  const size = role === "pool" ? [1, 1] : [Math.ceil(height / stride), Math.ceil(width / stride)];
  const [outHeight = 1, outWidth = 1] = size;
  const flags = op === "mbconv" ? flagsOf(shape, inChannels, midChannels, dialect) : {};
  if (!flags) return undefined;
  return formatBlockKey({
    type,
    input: shape.vector ? [inChannels] : [height, width, inChannels],
    output: op === "dense" ? [outChannels] : [outHeight, outWidth, outChannels],
    flags,
  });
}

function flagsOf(
  shape: Shape,
  inChannels: number,
  midChannels: number | undefined,
  dialect: BlockDialect,
): BlockKey["flags"] | undefined {
  if (midChannels === undefined) return undefined;
  const expand = dialect.expand === "ratio" ? midChannels / inChannels : midChannels;
  const unknown = (["se", "hs"] as const).some(
    (flag) => shape[flag] && !dialect.flags.includes(flag),
  );
  if (!Number.isInteger(expand) || unknown) return undefined;
  return {
    expand,
    kernel: Number(shape.kernel),
    stride: Number(shape.stride),
    idskip: Number(shape.idskip ?? 0),
    ...Object.fromEntries(dialect.flags.map((flag) => [flag, Number(shape[flag] ?? 0)])),
  };
}
