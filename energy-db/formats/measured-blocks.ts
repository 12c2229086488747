import { type Kernel, kernelsOf } from "../../src/network/kernel.ts";
import type { Layer } from "../../src/network/layer.ts";
import { type Network, networkInput } from "../../src/network/network.ts";
import type { CostTable } from "../answers/cost-table.ts";
import { loadCosts } from "../answers/load-costs.ts";
import { networkKey } from "../network-key.ts";
import type { CostAnswer } from "../records.ts";
import type { EnergyTable } from "../table.ts";
import { type DeviceTable, platformsWithCosts } from "./as-foreign.ts";
import type { ForeignRow } from "./foreign-table.ts";
import { blockMacs, convolutionMacs } from "./macs.ts";

/**
 * Blocks of networks that were measured on each platform, all or a device's, as tables of blocks have them: an expansion, a depthwise
 * and a projecting layer in one, and the layers around them. Their costs are sums of what the table answers for their kernels.
 */
export const measuredBlocks = (table: EnergyTable, device?: string): readonly DeviceTable[] =>
  platformsWithCosts(table, device).map(({ id, ...platform }) => {
    const costs = loadCosts(table, id);
    const networks = new Map(
      table.networkMeasurements(id).map(({ network }) => [networkKey(network), network]),
    );
    const rows = [...networks.values()].flatMap((network) => rowsOf(network, costs));
    return {
      device: platform.device,
      platform: id,
      dialect: "blocks of measured networks",
      units: { latency: "s" as const },
      details: { latencyIs: "interpolated" },
      rows: [...new Map(rows.map((row) => [row.key, row])).values()],
    };
  });

interface Placed {
  readonly layer: Layer;
  readonly kernel: Kernel;
  /** Whether it reads the layer before it alone. */
  readonly follows: boolean;
}

function rowsOf(network: Network, costs: CostTable): readonly ForeignRow[] {
  const kernels = kernelsOf(network);
  const placed = network.layers.map((layer, i): Placed | undefined => {
    const kernel = kernels[i]?.kernel;
    const before = network.layers[i - 1]?.name ?? networkInput;
    const read = layer.inputs ?? [before];
    return kernel && { layer, kernel, follows: read.join() === before };
  });
  const known = placed.filter((one) => one !== undefined);
  return known.flatMap((_, i) => blockAt(known, i, costs) ?? layerAt(known, i, costs) ?? []);
}

interface BlockParts {
  readonly expansion?: Kernel | undefined;
  readonly depthwise: Kernel;
  readonly projection: Kernel;
  /** What adds the block's input to it. */
  readonly addition?: Kernel | undefined;
}

/** A block that begins here: with its expansion, or, where it has none, with its depthwise layer. */
function partsAt(layers: readonly Placed[], i: number): BlockParts | undefined {
  const hasExpansion = layers[i]?.kernel.op === "conv2d";
  const [depthwise, projection, after] = layers.slice(hasExpansion ? i + 1 : i);
  if (depthwise?.kernel.op !== "depthwise_conv2d" || !projection?.follows) return undefined;
  if (!isPointwise(projection.kernel) || projection.kernel.variant !== "linear") return undefined;
  const begins = hasExpansion
    ? isPointwise(layers[i]?.kernel) && depthwise.follows
    : !isExpansion(layers[i - 1]?.kernel);
  if (!begins) return undefined;
  return {
    expansion: hasExpansion ? layers[i]?.kernel : undefined,
    depthwise: depthwise.kernel,
    projection: projection.kernel,
    addition: after?.kernel.op === "add" ? after.kernel : undefined,
  };
}

function blockAt(layers: readonly Placed[], i: number, costs: CostTable): ForeignRow | undefined {
  const parts = partsAt(layers, i);
  if (!parts) return undefined;
  const { expansion, depthwise, projection, addition } = parts;
  const { inHeight: height, inWidth: width, kernelSize: kernel, stride } = depthwise;
  const { inChannels } = expansion ?? depthwise;
  const [midChannels, outChannels] = [depthwise.outChannels, projection.outChannels];
  const size = { height, width, kernel, stride, inChannels, midChannels, outChannels };
  const kernels = [expansion, depthwise, projection, addition].filter((one) => one !== undefined);
  return costed(kernels, costs, {
    op: "mbconv",
    shape: { height, width, kernel, stride, idskip: addition ? 1 : 0 },
    ...{ inChannels, midChannels, outChannels },
    macs: blockMacs(size),
  });
}

/** What stands before a depthwise layer and makes its block begin there. */
const isExpansion = (kernel: Kernel | undefined): boolean =>
  isPointwise(kernel) && kernel?.variant !== "linear";

const isPointwise = (kernel: Kernel | undefined): boolean =>
  kernel?.op === "conv2d" && kernel.kernelSize === 1 && kernel.stride === 1;

/** One of the layers around the blocks, by what stands beside it. */
function layerAt(layers: readonly Placed[], i: number, costs: CostTable): ForeignRow | undefined {
  const [own, next] = [layers[i]?.kernel, layers[i + 1]?.kernel];
  const role = own && roleOf(own, next, i);
  if (!own || role === undefined) return undefined;
  const { op, inHeight: height, inWidth: width, kernelSize: kernel, stride } = own;
  const { inChannels, outChannels } = own;
  const size = { height, width, kernel, stride, inChannels, outChannels };
  return costed([own], costs, {
    op,
    shape: role === "pool" ? { height, width, role } : { height, width, kernel, stride, role },
    ...{ inChannels, outChannels },
    ...(role === "pool" ? {} : { macs: convolutionMacs(size) }),
  });
}

function roleOf(kernel: Kernel, next: Kernel | undefined, i: number): string | undefined {
  if (kernel.op === "conv2d" && i === 0) return "first";
  if (isPointwise(kernel) && next?.op === "global_pool") return "final-expand";
  if (kernel.op === "global_pool") return "pool";
  return kernel.op === "dense" && !next ? "classifier" : undefined;
}

/** Undefined where the table does not know a part. */
function costed(
  kernels: readonly Kernel[],
  costs: CostTable,
  row: Omit<ForeignRow, "key">,
): ForeignRow | undefined {
  const answers = kernels.map((kernel) => costs.tryCost(kernel));
  const found = answers.filter((answer) => answer !== undefined);
  if (found.length < answers.length) return undefined;
  const sum = (of: (answer: CostAnswer) => number) =>
    found.reduce((total, answer) => total + of(answer), 0);
  const { op, shape, inChannels, midChannels, outChannels } = row;
  return {
    key: JSON.stringify([op, shape, inChannels, midChannels, outChannels]),
    ...row,
    latency_s: sum(({ latency_s }) => latency_s),
    // As if all parts were wrong the same way.
    latency_sd_s: sum(({ latency_s, latency_high_s }) => latency_high_s - latency_s) / normal95,
    samples: Math.min(...kernels.map((kernel) => costs.measured(kernel)?.observations ?? 1)),
  };
}

const normal95 = 1.96;
