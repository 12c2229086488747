import {
  type CostAnswer,
  type CostTable,
  type EnergyAnswer,
  type EnergyModel,
  type EnergyReading,
  energyOfTime,
  type LatencyEstimate,
} from "../../../energy-db/index.ts";
import type { LayerKernel } from "../../network/kernel.ts";
import type { VerificationRecord } from "./search-folder.ts";

type EnergyRecord = NonNullable<VerificationRecord["energy"]>;

/**
 * Energy of a network that was run: metered, or else the table's mean power of it for the time it took, which is no
 * measurement of energy and says so. Undefined where nobody metered or assumed a power.
 */
export function verifiedEnergy(
  metered: EnergyReading | undefined,
  predicted: Pick<CostAnswer, "latency_s" | "energy_j" | "net_energy_j" | "energyProvenance">,
  measured: LatencyEstimate,
  { energyModel }: Pick<CostTable, "energyModel">,
): EnergyRecord | undefined {
  if (metered) return meteredEnergy(metered);
  const { energy_j, net_energy_j, latency_s } = predicted;
  if (!energyModel || energy_j === undefined) return undefined;
  const power_w = energy_j / latency_s;
  const { net } = energyModel;
  const mean: EnergyModel = {
    ...energyModel,
    power_w,
    net:
      net && net_energy_j !== undefined ? { ...net, power_w: net_energy_j / latency_s } : undefined,
  };
  const time = { latency_s: measured.latency_s, relative: relativeHalf(measured) };
  const found = recordOf(energyOfTime(mean, time));
  return found && { ...found, meter: energyModel.source, power_w };
}

/** The table's power of a layer for the time that it took: a meter does not tell layers apart. */
export function verifiedLayerEnergy(
  { kernel }: Pick<LayerKernel, "kernel">,
  measured: LatencyEstimate,
  { energyModel }: Pick<CostTable, "energyModel">,
): Pick<VerificationRecord["layers"][number], "energy"> {
  const time = { latency_s: measured.latency_s, relative: relativeHalf(measured), op: kernel.op };
  const energy = recordOf(energyOfTime(energyModel, time));
  return energy ? { energy } : {};
}

const meteredEnergy = ({ gross, net, provenance, meter }: EnergyReading): EnergyRecord => ({
  ...gross,
  ...(net ? { net: { ...net } } : {}),
  provenance,
  meter,
});

/** An answer as records keep it; undefined where nobody knows a power. */
function recordOf(found: EnergyAnswer): Omit<EnergyRecord, "meter" | "power_w"> | undefined {
  const gross = joules(found.energy_j, found.energy_low_j, found.energy_high_j);
  const net = joules(found.net_energy_j, found.net_energy_low_j, found.net_energy_high_j);
  const { energyProvenance: provenance } = found;
  return gross && provenance && { ...gross, ...(net ? { net } : {}), provenance };
}

const joules = (energy_j?: number, low_j = energy_j, high_j = energy_j) =>
  energy_j === undefined || low_j === undefined || high_j === undefined
    ? undefined
    : { energy_j, low_j, high_j };

const relativeHalf = ({ latency_s, low_s, high_s }: LatencyEstimate): number =>
  (high_s - low_s) / 2 / latency_s;
