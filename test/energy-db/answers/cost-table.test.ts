import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type EnergyModel,
  type EnergyTable,
  loadCosts,
  openTable,
  storeCalibration,
  storeEnergyModel,
} from "../../../energy-db/index.ts";
import { UserError } from "../../../src/errors.ts";
import { type Kernel, kernelsOf } from "../../../src/network/kernel.ts";
import {
  calibration,
  chain,
  identity,
  measuredKernel,
  measuredNetwork,
  sessionSettings,
} from "../example-rows.ts";
import { freshTable, temporaryFolder } from "../temporary.ts";

const up = (width: number) => Math.ceil(width / 16) * 16;
/** Seconds of a 1x1 convolution here: steps of 16 output channels. */
const cost = ({ inChannels, outChannels }: Kernel) => 1e-6 + 1e-9 * inChannels * up(outChannels);

const kernelAt = (inChannels: number, outChannels: number): Kernel => {
  const [, second] = kernelsOf(chain(inChannels, outChannels));
  if (!second) throw new Error("The chain has two kernels");
  return second.kernel;
};

const model: EnergyModel = {
  provenance: "measured",
  source: "rapl",
  power_w: 5,
  powerByOp_w: { conv2d: 10 },
  relativeHalfWidth: 0.03,
};

/** Filled once and copied for every test. */
let filled: string;
let table: EnergyTable;
let platformId: number;
let session: number;

beforeAll(() => {
  const original = freshTable();
  platformId = original.ensurePlatform(identity, {}).id;
  session = original.startSession(platformId, sessionSettings);
  for (const first of [8, 12, 20, 32, 40, 64])
    for (const second of [8, 16, 24, 40, 64])
      original.addNetworkMeasurement(
        platformId,
        session,
        measuredNetwork(chain(first, second), cost),
      );
  original.close();
  filled = original.path;
});
beforeEach(() => {
  const copy = join(temporaryFolder(), "energy.db");
  copyFileSync(filled, copy);
  table = openTable(copy, { mode: "write" });
});
afterEach(() => table.close());

describe("costs without calibration or energy model", () => {
  test("are the measured times, with interval and rows, and no energy", () => {
    const answer = loadCosts(table, platformId).cost(kernelAt(20, 24));

    expect(answer.latency_s).toBeCloseTo(cost(kernelAt(20, 24)), 12);
    expect(answer.latency_low_s).toBeCloseTo(answer.latency_s * 0.99, 9);
    expect(answer.provenance).toBe("measured");
    expect(answer.rows).toHaveLength(1);
    expect(answer).not.toHaveProperty("energy_j");
  });

  test("off the grid of the profile are refused, unless measured", () => {
    const settings = { ...sessionSettings, settings: { grid: 4 } };
    table.startSession(platformId, settings);

    const costs = loadCosts(table, platformId);

    expect(costs.grid).toBe(4);
    expect(costs.tryCost(kernelAt(28, 36))?.provenance).toBe("interpolated");
    expect(costs.tryCost(kernelAt(20, 24))?.provenance).toBe("measured");
    expect(() => costs.cost(kernelAt(26, 36))).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/multiples of 4.*--grid 1/) }),
    );
  });

  test("are interpolated between measured widths, with the nearest rows", () => {
    const answer = loadCosts(table, platformId).cost(kernelAt(26, 36));

    expect(answer.provenance).toBe("interpolated");
    expect(answer.latency_s).toBeCloseTo(cost(kernelAt(26, 48)), 8);
    expect(answer.latency_low_s).toBeGreaterThan(0);
    expect(answer.rows.length).toBeGreaterThanOrEqual(4);
  });

  test("are refused outside the measured widths, naming the nearest and the next step", () => {
    const costs = loadCosts(table, platformId);
    const wide = kernelAt(26, 200);

    expect(costs.tryCost(wide)).toBeUndefined();
    expect(() => costs.cost(wide)).toThrow(
      "No cost on local for conv2d relu, 8x8, 26 -> 200 channels: outside the 36 measured widths; nearest 32 -> 64, 20 -> 64, 40 -> 64",
    );
    expect(() => costs.cost(wide)).toThrow(UserError);
  });

  test("are refused for shapes never measured", () => {
    const costs = loadCosts(table, platformId);

    expect(() => costs.cost({ ...kernelAt(20, 24), kernelSize: 5 })).toThrow(
      /conv2d 5x5 relu, 8x8, 20 -> 24 channels: no layer of this shape was measured/,
    );
  });

  test("come from one method only", () => {
    const isolated = { ...measuredKernel(kernelAt(20, 24), 4e-6), measuredAt: "2026-01-02" };
    table.addKernelMeasurements(platformId, session, "isolated", [isolated]);

    const costs = loadCosts(table, platformId, { method: "isolated" });

    expect(costs.cost(kernelAt(20, 24)).latency_s).toBe(4e-6);
    expect(costs.tryCost(kernelAt(20, 40))).toBeUndefined();
    expect(loadCosts(table, platformId).cost(kernelAt(20, 24)).latency_s).toBeGreaterThan(4e-7);
  });

  test("do not come from held-out and verified networks, which judge them", () => {
    for (const role of ["held-out", "verify"] as const)
      table.addNetworkMeasurement(
        platformId,
        session,
        measuredNetwork(chain(100, 100), cost, { role }),
      );

    expect(loadCosts(table, platformId).tryCost(kernelAt(100, 100))).toBeUndefined();
    expect(table.kernelMeasurements(platformId, { kernel: kernelAt(100, 100) })).toHaveLength(2);
  });
});

describe("calibrated costs", () => {
  test("hold the slope, so that their sum plus the overhead is the network's latency", () => {
    storeCalibration(table, platformId, calibration);
    const costs = loadCosts(table, platformId);

    const network = chain(20, 24);
    const predicted = costs.networkCost(network);

    const sum = kernelsOf(network).reduce((total, { kernel }) => total + cost(kernel), 0);
    expect(costs.cost(kernelAt(20, 24)).latency_s).toBeCloseTo(1.1 * cost(kernelAt(20, 24)), 12);
    expect(costs.overhead).toEqual({ latency_s: 20e-6 });
    expect(predicted.latency_s).toBeCloseTo(20e-6 + 1.1 * sum, 12);
    expect(predicted.layers.map(({ layer }) => layer)).toEqual(["conv1", "conv2"]);
    expect(predicted.provenance).toBe("predicted");
    // 2 % at the 90th percentile of held-out networks.
    expect(predicted.latency_high_s / predicted.latency_s - 1).toBeGreaterThan(0.02);
    expect(predicted).not.toHaveProperty("energy_j");
  });

  test("name every missing layer of a network", () => {
    const costs = loadCosts(table, platformId);

    expect(() => costs.networkCost(chain(300, 400))).toThrow(/3 -> 300 .*; .*300 -> 400 /);
  });

  test("use the calibration of the space asked for", () => {
    storeCalibration(table, platformId, calibration);
    storeCalibration(table, platformId, { ...calibration, space: "other", slope: 2 });

    expect(loadCosts(table, platformId).calibration?.slope).toBe(2);
    expect(loadCosts(table, platformId, { space: "chain" }).calibration?.slope).toBe(1.1);
  });
});

describe("energy", () => {
  test("is latency times the operation's power and at best derived", () => {
    storeEnergyModel(table, platformId, "chain", model);
    const answer = loadCosts(table, platformId).cost(kernelAt(20, 24));

    expect(answer.energy_j).toBeCloseTo(10 * answer.latency_s, 12);
    expect(answer.energyProvenance).toBe("derived");
    // 1 % of time and 3 % of power.
    expect((answer.energy_high_j ?? 0) / (answer.energy_j ?? 1) - 1).toBeCloseTo(
      Math.hypot(0.01, 0.03),
      6,
    );
  });

  test("stays modelled in every answer when the power was assumed", () => {
    storeEnergyModel(table, platformId, "chain", {
      ...model,
      provenance: "modelled",
      source: "assumed",
    });
    storeCalibration(table, platformId, calibration);
    const costs = loadCosts(table, platformId);

    const network = costs.networkCost(chain(20, 24));

    expect(costs.cost(kernelAt(26, 36)).energyProvenance).toBe("modelled");
    expect(network.energyProvenance).toBe("modelled");
    expect(costs.overhead.energy_j).toBeCloseTo(5 * 20e-6, 12);
    expect(network.energy_j).toBeCloseTo(
      5 * 20e-6 + 10 * (network.latency_s - costs.overhead.latency_s),
      12,
    );
  });
});

describe("marginal cost", () => {
  test("is zero to the end of the tread and the riser beyond it", () => {
    const costs = loadCosts(table, platformId);

    const free = costs.marginal(kernelAt(32, 40), { grow: "out", by: 8 });
    const paid = costs.marginal(kernelAt(32, 40), { grow: "out", by: 9 });

    expect(free.latency_s).toBe(0);
    expect(free.freeUntil).toBe(48);
    expect(free.latency_high_s).toBeGreaterThan(0);
    expect(paid.latency_s).toBeCloseTo(1e-9 * 32 * 16, 8);
    expect(paid.provenance).toBe("interpolated");
    expect(paid).not.toHaveProperty("energy_j");
  });

  test("is the plain difference along a smooth axis, with energy where power is known", () => {
    storeEnergyModel(table, platformId, "chain", model);
    const costs = loadCosts(table, platformId);

    const wider = costs.marginal(kernelAt(32, 40), { grow: "in", by: 8 });

    expect(wider.freeUntil).toBe(32);
    expect(wider.latency_s).toBeCloseTo(cost(kernelAt(40, 40)) - cost(kernelAt(32, 40)), 12);
    expect(wider.energy_j).toBeCloseTo(10 * wider.latency_s, 12);
    expect(wider.provenance).toBe("measured");
  });
});

describe("listings", () => {
  test("of stairs give each family's step along each axis, or none", () => {
    const costs = loadCosts(table, platformId);

    const steps = costs
      .stairs({ op: "conv2d", inChannels: 20 })
      .map(({ axis, step, example }) => ({ axis, step, height: example.inHeight }));

    expect(steps).toEqual([
      { axis: "in", step: undefined, height: 8 },
      { axis: "out", step: 16, height: 8 },
    ]);
  });

  test("of kernels are filtered by any field", () => {
    const costs = loadCosts(table, platformId);

    const listed = costs.kernels({ outChannels: 40, inChannels: 20 });

    expect(
      listed.map(({ observations, cost: { provenance } }) => [observations, provenance]),
    ).toEqual([[1, "measured"]]);
    // conv1 at 6 widths and conv2 at 6 x 5.
    expect(costs.kernels()).toHaveLength(36);
  });
});
