import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type CostTable,
  type EnergyModel,
  type EnergyTable,
  loadCosts,
  openTable,
  storeEnergyModel,
} from "../../../energy-db/index.ts";
import { verifyNetwork } from "../../../profiler/index.ts";
import { verifiedEnergy, verifiedLayerEnergy } from "../../../src/app/workflows/verified-energy.ts";
import { kernelsOf } from "../../../src/network/kernel.ts";
import { seededRandom } from "../../../src/random.ts";
import { temporaryFolder } from "../../energy-db/temporary.ts";
import { simulatedDevice, usualPower } from "../../profiler/simulated-device/index.ts";
import { smallNetwork, writeFormulaTable } from "../../support/formula-table.ts";

const network = smallNetwork(8, 12);
const powers = { power_w: 10, powerByOp_w: { conv2d: 12 }, relativeHalfWidth: 0.05 };
const metered: EnergyModel = {
  ...powers,
  provenance: "measured",
  source: "rapl",
  net: { power_w: 4, powerByOp_w: { conv2d: 5 }, relativeHalfWidth: 0.1 },
};
const assumed: EnergyModel = {
  power_w: 10,
  powerByOp_w: {},
  relativeHalfWidth: 0,
  provenance: "modelled",
  source: "assumed",
};

let table: EnergyTable;
beforeAll(() => {
  table = openTable(writeFormulaTable(temporaryFolder()), { mode: "write" });
});
afterAll(() => table.close());

function costsWith(model?: EnergyModel): CostTable {
  const [platform] = table.platforms();
  const id = platform?.id ?? 0;
  if (model) storeEnergyModel(table, id, "small", model);
  return loadCosts(table, id, { space: "small" });
}

/** The network took a fifth longer than predicted, known within 2 %. */
function slower(costs: CostTable) {
  const predicted = costs.networkCost(network);
  const latency_s = 1.2 * predicted.latency_s;
  return { predicted, time: { latency_s, low_s: 0.98 * latency_s, high_s: 1.02 * latency_s } };
}

describe("energy of a network that was run", () => {
  test("is absent where nobody metered or assumed a power", () => {
    const costs = costsWith();
    const { predicted, time } = slower(costs);
    const [layer] = kernelsOf(network);

    expect(verifiedEnergy(undefined, predicted, time, costs)).toBeUndefined();
    expect(layer && verifiedLayerEnergy(layer, time, costs)).toEqual({});
  });

  test("is the assumed power for the time measured, not for the time predicted, and modelled", () => {
    const costs = costsWith(assumed);
    const { predicted, time } = slower(costs);

    const energy = verifiedEnergy(undefined, predicted, time, costs);

    expect(energy).toMatchObject({ provenance: "modelled", meter: "assumed" });
    expect(energy?.power_w).toBeCloseTo(10, 9);
    expect((energy?.energy_j ?? 0) / time.latency_s).toBeCloseTo(10, 9);
    expect((energy?.high_j ?? 0) / (energy?.energy_j ?? 1)).toBeCloseTo(1.02, 9);
    expect(energy).not.toHaveProperty("net");
  });

  test("is derived from the powers that a meter read when the table was measured, gross and net", () => {
    const costs = costsWith(metered);
    const { predicted, time } = slower(costs);

    const energy = verifiedEnergy(undefined, predicted, time, costs);

    expect(energy).toMatchObject({ provenance: "derived", meter: "rapl" });
    expect(energy?.energy_j).toBeCloseTo(1.2 * (predicted.energy_j ?? 0), 12);
    expect(energy?.net?.energy_j).toBeCloseTo(1.2 * (predicted.net_energy_j ?? 0), 12);
    expect((energy?.high_j ?? 0) / (energy?.energy_j ?? 1) - 1).toBeCloseTo(
      Math.hypot(0.02, 0.05),
      9,
    );
  });

  test("is what the meter read where one ran, whatever the table's powers say", async () => {
    const costs = costsWith(assumed);
    const { predicted, time } = slower(costs);
    const { device, clock } = await simulatedDevice({ power: { ...usualPower, noise: 0 } });
    const verified = await verifyNetwork({ device, clock, network, random: seededRandom(1) });

    const energy = verifiedEnergy(verified.energy, predicted, time, costs);

    expect(energy).toMatchObject({
      ...verified.energy?.gross,
      net: verified.energy?.net,
      provenance: "simulated",
      meter: "simulated",
    });
    expect(energy).not.toHaveProperty("power_w");
  });

  test("of a layer is its operation's power for its own time, and never measured", () => {
    const costs = costsWith(metered);
    const [layer] = kernelsOf(network);
    if (!layer) throw new Error("No layer");

    const { energy } = verifiedLayerEnergy(
      layer,
      { latency_s: 2e-6, low_s: 1.9e-6, high_s: 2.1e-6 },
      costs,
    );

    expect(energy?.provenance).toBe("derived");
    expect(energy?.energy_j).toBeCloseTo(24e-6, 12);
    expect(energy?.net?.energy_j).toBeCloseTo(10e-6, 12);
  });
});
