import type { CostTable } from "../../energy-db/index.ts";
import {
  type CostModel,
  candidateWidths,
  growingWidths,
  type ShapeRequest,
  summedCost,
  withGrowingWidths,
} from "../../search/index.ts";
import { costModelOf } from "../../src/app/workflows/open-costs.ts";
import { withinTable } from "../../src/app/workflows/table-widths.ts";
import type { Network } from "../../src/network/network.ts";
import { findPreset } from "../../src/network/presets.ts";
import { searchStart } from "../../src/network/search-start.ts";

/** A preset at the latency of its uniform widths times a multiplier, each rounded up to an edge of the stairs. */
export interface Setting {
  readonly net: string;
  readonly multiplier: number;
}

export const settingKey = ({ net, multiplier }: Setting): string => `${net}-x${multiplier}`;

/** What fitting networks to the setting's budget needs from the table. */
export function fitRequestOf({ net, multiplier }: Setting, table: CostTable): ShapeRequest {
  const reference = findPreset(net).build({});
  const costs = costModelOf(table);
  const { caps } = withinTable({ ...searchStart(net), network: reference }, table);
  const { block } = table;
  const edged = onEdges(findPreset(net).build({ multiplier }), { costs, caps, block });
  const budget = { latency_s: summedCost(edged, costs).latency_s };
  return { reference, costs, caps, granularity: block, budget };
}

function onEdges(
  network: Network,
  options: {
    readonly costs: CostModel;
    readonly caps: ReadonlyMap<string, number>;
    readonly block: number;
  },
): Network {
  const { costs, caps, block } = options;
  const edges = candidateWidths({
    network,
    costs,
    budget: { latency_s: 1 },
    caps,
    granularity: block,
    most: Number.POSITIVE_INFINITY,
  });
  const widths = [...growingWidths(network)].map(
    ([name, width]) => (edges.get(name) ?? []).find((edge) => edge >= width) ?? width,
  );
  return withGrowingWidths(network, widths);
}
