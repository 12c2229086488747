import { describeKernel } from "../../../../energy-db/ask.ts";
import {
  type CostTable,
  type EnergyTable,
  guessedCosts,
  loadLikeCosts,
  type NetworkCost,
  type NetworkMarginal,
} from "../../../../energy-db/index.ts";
import { UserError } from "../../../errors.ts";
import { networkMacs, networkParameters } from "../../../network/costs.ts";
import type { Network } from "../../../network/network.ts";
import { formatCount, formatSeconds } from "../../../units.ts";
import { likenessOf } from "../../workflows/like-cost.ts";
import { namedNetworks } from "../../workflows/networks-named.ts";
import { everyCostsOf, findPlatform, type TableFlags } from "../../workflows/open-costs.ts";
import { callRow, costText, energyText, layerColumns, likenessText } from "../cost-text.ts";
import { formatTable } from "../table-text.ts";

/** A network as people name it on the command line. */
export interface NamedNetworkFlags {
  readonly multiplier?: number;
  readonly widths?: string;
}

/** What `query marginal --net` takes. */
export interface NetworkMarginalFlags extends NamedNetworkFlags {
  readonly net?: string;
  readonly layer?: string;
  readonly by?: number;
  readonly batch?: number | undefined;
}

export type NetworkQueryFlags = TableFlags &
  NamedNetworkFlags & {
    readonly space?: string;
    readonly batch?: number;
    readonly like?: string;
    readonly predict?: boolean;
    readonly json?: boolean;
  };

/** The one network that a name and its flags describe. */
export function namedNetwork(net: string, { multiplier, widths }: NamedNetworkFlags): Network {
  if (multiplier !== undefined && widths !== undefined)
    throw new UserError("--multiplier and --widths both say how wide the network is", {
      hint: "Give one of them.",
      exit: "usage",
    });
  const [named] = namedNetworks({
    net: [net],
    ...(multiplier === undefined ? {} : { multiplier: [multiplier] }),
    ...(widths === undefined ? {} : { widths: [widths] }),
  });
  if (!named) throw new Error("A name gave no network");
  return named.network;
}

/** The same answer for a person and as JSON. */
interface Answer {
  readonly text: string;
  readonly document: object;
}

export function networkAnswer(
  network: Network,
  costs: NetworkCosts,
  flags: { readonly batch?: number },
): Answer {
  const cost = costs.networkCost(network, flags);
  return {
    text: networkText(network, cost, costs),
    document: networkDocument(network, cost, costs),
  };
}

/** With layers that were not measured predicted from their work: each says so. */
export async function networkGuessAnswer(
  network: Network,
  table: EnergyTable,
  flags: NetworkQueryFlags,
): Promise<Answer> {
  const costs = guessedCosts(await everyCostsOf(table, flags));
  return networkAnswer(network, costs, flags);
}

/** By the likeness of a platform of which little is measured to others: every layer says where it comes from. */
export function networkLikeAnswer(
  network: Network,
  table: EnergyTable,
  flags: NetworkQueryFlags & { readonly like: string },
): Answer {
  const { space } = flags;
  const costs = loadLikeCosts(
    table,
    findPlatform(table, flags).id,
    flags.like,
    space === undefined ? {} : { space },
  );
  const cost = costs.networkCost(network, flags);
  const like = likenessOf(costs);
  return {
    text: `${networkText(network, cost, costs)}\n${likenessText(like)}`,
    document: { ...networkDocument(network, cost, costs), like },
  };
}

type NetworkCosts = Pick<CostTable, "networkCost" | "overhead" | "source">;

const networkDocument = (network: Network, cost: NetworkCost, costs: NetworkCosts): object => ({
  network: network.name,
  ...cost,
  overhead: costs.overhead,
  macs: networkMacs(network),
  parameters: networkParameters(network),
  source: costs.source,
});

function networkText(network: Network, cost: NetworkCost, { overhead }: NetworkCosts): string {
  const rows = [
    ...cost.layers.map(({ layer, kernel, cost: own }) => ({
      layer,
      kernel: describeKernel(kernel),
      ...own,
    })),
    callRow(overhead),
  ];
  return [
    formatTable(layerColumns(cost.latency_s), rows),
    `${network.name}: ${costText(cost)}`,
    `${formatCount(networkMacs(network))} multiply-accumulates, ${formatCount(networkParameters(network))} parameters`,
  ].join("\n");
}

/** Cost of more neurons of a layer inside the network named, for a person and as JSON. */
export function networkMarginalAnswer(
  costs: CostTable,
  net: string,
  { layer, by = costs.block, batch = 1, ...flags }: NetworkMarginalFlags,
): Answer {
  const network = namedNetwork(net, flags);
  if (layer === undefined)
    throw new UserError("--net needs the --layer that gets more neurons", {
      hint: `Layers of "${network.name}": ${network.layers.map(({ name }) => name).join(", ")}`,
      exit: "usage",
    });
  const marginal = costs.networkMarginal(network, { layer, by, batch });
  const { now, wider, ...rest } = marginal;
  return {
    text: marginalText(network, by, marginal),
    document: { network: network.name, layer, by, ...rest, now, wider, source: costs.source },
  };
}

function marginalText(network: Network, by: number, found: NetworkMarginal): string {
  const { layers, width, latency_s, latency_low_s, latency_high_s, freeUntil, now, wider } = found;
  const energy = energyText(found);
  return [
    `${network.name}, ${by} more neurons in ${layers.join(", ")} (now ${width})`,
    `latency  ${formatSeconds(latency_s)} (95 %: ${formatSeconds(latency_low_s)} to ${formatSeconds(latency_high_s)})  ${found.provenance}`,
    ...(energy === undefined ? [] : [`energy   ${energy}`]),
    `network  ${formatSeconds(now.latency_s)} now, ${formatSeconds(wider.latency_s)} then`,
    freeUntil > width ? `free until width ${freeUntil}` : "no free neurons found",
  ].join("\n");
}
