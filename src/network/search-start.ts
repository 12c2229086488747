import { basename } from "node:path";
import { UserError } from "../errors.ts";
import type { OperatorSpace } from "./blocks/operator-space.ts";
import { type CellsOfNetwork, cellsOf, smallestCells } from "./cells/read-cells.ts";
import { importModel } from "./import/index.ts";
import type { Kernel } from "./kernel.ts";
import type { Network } from "./network.ts";
import { withWidths } from "./network.ts";
import { readNetworkFile } from "./network-file.ts";
import { findPreset } from "./presets.ts";
import { freeGroups } from "./width-groups.ts";

/** Where growth starts and how wide each width group may become. */
export interface SearchStart {
  /** The preset's name, or the network's own: names the search space in the table. */
  readonly space: string;
  readonly network: Network;
  /** The network at multiplier 1: uniform widths keep its proportions. */
  readonly reference: Network;
  /** By width group. */
  readonly caps: ReadonlyMap<string, number>;
  /** What an ONNX file computes in. */
  readonly precision?: Kernel["dtype"];
  /** Where blocks may be filled by several operators: widths stay, and the network is the smallest path. */
  readonly operators?: OperatorSpace;
  /** Where the reference is made of cells: wirings are searched for, from the smallest network up to it. */
  readonly cells?: CellsOfNetwork;
}

/** Groups of a network file may grow to this multiple of their width. */
const fileGrowth = 8;
/** Presets without widths of their own to search: from this multiplier to that. */
const defaultMultipliers = { seed: 0.25, cap: 1 };

/** The start for `--net`: a preset's name, or the path of a network.json or ONNX file whose widths are the seed's. */
export function searchStart(
  net: string,
  { classes }: { readonly classes?: number } = {},
): SearchStart {
  if (net.endsWith(".json")) return startOfNetwork(readNetworkFile(net), fileGrowth);
  return net.endsWith(".onnx") ? startOfModel(net) : startOfPreset(net, classes);
}

/** A model is measured around its own widths: what it costs is asked, not what it may become. */
function startOfModel(path: string): SearchStart {
  const { network, steps, precision } = importModel(path);
  if (network)
    return { ...startOfNetwork({ ...network, name: basename(path, ".onnx") }, 1), precision };
  const quantised = steps.filter(({ dtype }) => dtype !== "float32").length;
  if (quantised > 0)
    throw new UserError(
      `${path} computes partly in int8 (${quantised} of ${steps.length} steps), and profiles measure networks of one precision`,
      {
        hint: "Quantise all of its operators, or profile the float32 model: wattsplit estimate answers for either.",
        exit: "unavailable",
      },
    );
  const others = [...new Set(steps.filter(({ layer }) => !layer).map(({ op }) => op))];
  throw new UserError(
    `${path} holds what no layer of ours is${others.length > 0 ? `: ${others.join(", ")}` : ""}`,
    {
      hint: "wattsplit estimate answers for it, from the tables of other networks.",
      exit: "unavailable",
    },
  );
}

const startOfCells = (reference: Network, cells: CellsOfNetwork): SearchStart => ({
  space: reference.name,
  network: smallestCells(cells.stack),
  reference,
  caps: new Map(),
  cells,
});

function startOfNetwork(network: Network, growth: number): SearchStart {
  const cells = cellsOf(network);
  if (cells) return startOfCells(network, cells);
  const caps = freeGroups(network).map(({ name, width }) => [name, growth * width] as const);
  return { space: network.name, network, reference: network, caps: new Map(caps) };
}

function startOfPreset(name: string, classes: number | undefined): SearchStart {
  const preset = findPreset(name);
  const build = (multiplier: number) =>
    preset.build({ multiplier, ...(classes ? { classes } : {}) });
  const full = build(1);
  if (preset.operators) {
    const operators = preset.operators(classes ? { classes } : {});
    return { ...startOfNetwork(full, 1), space: name, operators };
  }
  const cells = cellsOf(full);
  if (cells) return startOfCells(full, cells);
  const seed = preset.search ? widened(full, preset.search.seed) : build(defaultMultipliers.seed);
  const widest = preset.search ? widened(full, preset.search.cap) : build(defaultMultipliers.cap);
  const caps = freeGroups(widest).map((group) => [group.name, group.width] as const);
  return { space: name, network: seed, reference: full, caps: new Map(caps) };
}

function widened(network: Network, widths: readonly number[]): Network {
  const groups = freeGroups(network);
  if (groups.length !== widths.length)
    throw new Error(`${widths.length} widths for ${groups.length} groups of "${network.name}"`);
  const byLayer = groups.flatMap(({ writers }, i) =>
    writers.map((writer) => [writer, widths[i] ?? 1] as const),
  );
  return withWidths(network, new Map(byLayer));
}
