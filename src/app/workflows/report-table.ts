import type {
  CostAnswer,
  CostTable,
  EnergyModel,
  EnergyTable,
  MeasuredKernel,
  PlatformSummary,
} from "../../../energy-db/index.ts";
import { combineLoads, describeKernel, loadCosts } from "../../../energy-db/index.ts";
import type {
  CanaryRow,
  Costs,
  CurveRow,
  EnergyNote,
  HeldOutError,
  PlatformRow,
  Reading,
  ReportData,
  StairRow,
} from "../../figures/index.ts";
import { treads } from "../../figures/index.ts";
import { kernelFamily, kernelsOf } from "../../network/kernel.ts";
import type { Network } from "../../network/network.ts";
import { widestMeasured } from "./table-widths.ts";

/** What a report of one platform of a table shows: curves through the widths of `network`, its stairs, its errors. */
export function tableReport(
  table: EnergyTable,
  platform: PlatformSummary,
  network: Network,
  space?: string,
): Partial<ReportData> {
  const costs = loadCosts(table, platform.id, space ? { space } : {});
  return {
    platforms: [platformRow(table, platform)],
    heldOut: heldOutErrors(table, platform.id),
    canary: canaryRows(table, platform.id),
    ...costsReport(costs, network),
  };
}

/** What it shows of costs wherever they are from: curves through the widths of `network`, and its stairs. */
export function costsReport(costs: CostTable, network: Network): Partial<ReportData> {
  const curves = curvesThrough(network, costs);
  return {
    energy: energyNote(costs.energyModel),
    curves,
    stairs: stairsOf(network, costs, curves),
  };
}

function platformRow(table: EnergyTable, platform: PlatformSummary): PlatformRow {
  const times = table
    .networkMeasurements(platform.id)
    .map(({ measuredAt }) => measuredAt)
    .sort();
  return {
    ...platform,
    measuredFrom: times[0],
    measuredTo: times[times.length - 1],
    networks: platform.networkMeasurements,
  };
}

function energyNote(model: EnergyModel | undefined): EnergyNote {
  if (!model) return { kind: "absent" };
  return model.provenance === "modelled"
    ? { kind: "modelled", power_w: model.power_w }
    : { kind: "measured", meter: model.source, provenance: model.provenance };
}

function heldOutErrors(table: EnergyTable, platformId: number): readonly HeldOutError[] {
  const spaces = table.costSpaces(platformId, "latency");
  return spaces.flatMap((space) => {
    const costs = loadCosts(table, platformId, { space });
    const { medianError, p90Error, ...summary } = costs.summary;
    if (medianError === undefined || p90Error === undefined) return [];
    const heldOut = table.networkMeasurements(platformId, { role: "held-out", space });
    const rows = combineLoads(heldOut).map(({ network, batch, floor }) => ({
      network: network.name,
      predicted_s: costs.networkCost(network, { batch }).latency_s,
      measured_s: floor.latency_s,
    }));
    return [{ ...summary, medianError, p90Error, rows }];
  });
}

const canaryRows = (table: EnergyTable, platformId: number): readonly CanaryRow[] =>
  table
    .networkMeasurements(platformId, { role: "canary" })
    .map(({ sessionId, measuredAt, latency }) => ({
      session: `${sessionId}`,
      measuredAt,
      latency_s: latency.floor.latency_s,
    }));

/** A cost as it leaves the table, or as plain fields of it. */
type AnyCost = {
  readonly [Field in Exclude<keyof CostAnswer, "rows">]?: CostAnswer[Field] | undefined;
} & Pick<CostAnswer, "latency_s" | "provenance">;

/** An answer of the table as figures draw it. */
export const costReadings = (cost: AnyCost): Costs => ({
  latency_s: {
    value: cost.latency_s,
    low: cost.latency_low_s,
    high: cost.latency_high_s,
    provenance: cost.provenance,
  },
  ...(cost.energy_j === undefined || !cost.energyProvenance
    ? {}
    : {
        energy_j: {
          value: cost.energy_j,
          low: cost.energy_low_j,
          high: cost.energy_high_j,
          provenance: cost.energyProvenance,
        },
      }),
  ...(cost.net_energy_j === undefined || !cost.energyProvenance
    ? {}
    : {
        netEnergy_j: {
          value: cost.net_energy_j,
          low: cost.net_energy_low_j,
          high: cost.net_energy_high_j,
          provenance: cost.energyProvenance,
        },
      }),
});

/** Widths shown per curve, at most. */
const pointsPerCurve = 96;

/** Cost of every wide layer against its output width, all else as in `network`. */
function curvesThrough(network: Network, costs: CostTable): readonly CurveRow[] {
  return wideKernels(network).flatMap(({ layer, kernel }) => {
    const widest = widestMeasured(kernel, costs);
    const step = Math.max(1, Math.ceil(widest / pointsPerCurve));
    const widths = Array.from({ length: Math.floor(widest / step) }, (_, i) => (i + 1) * step);
    return widths.flatMap((width): readonly CurveRow[] => {
      const wide = { ...kernel, outChannels: width };
      const cost = costs.tryCost(wide);
      if (!cost) return [];
      const name = describeKernel(kernel).replace(/(\d+) -> \d+ channels/, "$1 channels in");
      return [
        {
          layer,
          kernel: name,
          width,
          ...costReadings(cost),
          measured_s: measuredReading(costs.measured(wide)),
        },
      ];
    });
  });
}

const measuredReading = (measured: MeasuredKernel | undefined): Reading | undefined =>
  measured && {
    value: measured.latency_s,
    low: measured.low_s,
    high: measured.high_s,
    provenance: measured.provenance,
  };

const wideKernels = (network: Network) =>
  kernelsOf(network).filter(({ kernel }) => kernel.op === "conv2d");

/** Treads of the curves where the table found steps along the output width. */
function stairsOf(
  network: Network,
  costs: CostTable,
  curves: readonly CurveRow[],
): readonly StairRow[] {
  const found = costs.stairs().filter(({ axis }) => axis === "out");
  return wideKernels(network).flatMap(({ layer, kernel }) => {
    const stairs = found.find(({ family }) => family === kernelFamily(kernel));
    const rows = curves.filter((row) => row.layer === layer);
    return stairs?.step ? treads(rows, stairs.step) : [];
  });
}
