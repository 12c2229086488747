import { copyFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type CostTable,
  type EnergyModel,
  type EnergyTable,
  fitTable,
  loadCosts,
  openTable,
  storeEnergyModel,
} from "../../../energy-db/index.ts";
import { UserError } from "../../../src/errors.ts";
import { type Kernel, kernelsOf } from "../../../src/network/kernel.ts";
import {
  drawnChains,
  fillTable,
  packedPlatform,
  pointwiseChain,
  smoothPlatform,
  trueLatency,
} from "../../support/packed-platform.ts";
import { measuredKernel, sessionSettings } from "../example-rows.ts";
import { freshTable, temporaryFolder } from "../temporary.ts";

const kernelAt = (inChannels: number, outChannels: number): Kernel => {
  const [, second] = kernelsOf(pointwiseChain([inChannels, outChannels]));
  if (!second) throw new Error("The chain has two kernels");
  return second.kernel;
};

const design = drawnChains(90, 1);

const powers: EnergyModel = {
  provenance: "measured",
  source: "rapl",
  power_w: 5,
  powerByOp_w: { conv2d: 10 },
  relativeHalfWidth: 0.03,
};

/** Filled and fitted once, and copied for every test. */
let filled: string;
let platformId: number;
let table: EnergyTable;
let costs: CostTable;

beforeAll(() => {
  const original = freshTable();
  platformId = fillTable(original, packedPlatform, { networks: design });
  fillTable(original, packedPlatform, { networks: drawnChains(12, 2), role: "held-out" });
  fitTable(original, platformId, "chain", "2026-01-01T01:00:00Z");
  original.close();
  filled = original.path;
});
beforeEach(() => {
  const copy = join(temporaryFolder(), "energy.db");
  copyFileSync(filled, copy);
  table = openTable(copy, { mode: "write" });
  costs = loadCosts(table, platformId, { space: "chain" });
});
afterEach(() => table.close());

describe("costs of a runtime that packs channels", () => {
  test("add up to the latency of networks of any depth and width", () => {
    const errors = drawnChains(60, 3).map(
      (network) => costs.networkCost(network).latency_s / trueLatency(network, packedPlatform) - 1,
    );

    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(0.03);
  });

  test("tell the cost of a call from that of kernels, since networks differ in their number", () => {
    expect(costs.overhead.latency_s).toBeCloseTo(20e-6, 6);
    expect(costs.cost(kernelAt(64, 64)).latency_s).toBeCloseTo(
      packedPlatform.kernel_s(kernelAt(64, 64)),
      6,
    );
  });

  test("know the block and the alignment that the rows show", () => {
    expect({ block: costs.block, alignment: costs.alignment }).toEqual({ block: 16, alignment: 4 });
  });

  test("are constant up to the edge of a block, and no more", () => {
    const at = (out: number) => costs.cost(kernelAt(64, out)).latency_s;

    expect(at(68)).toBe(at(80));
    expect(at(84)).toBeGreaterThan(1.05 * at(80));
  });

  test("say so of widths that cost more than larger ones", () => {
    const [along] = costs.stairs({ op: "conv2d", inChannels: 64, outChannels: 64, inHeight: 8 });
    const dear = along?.dear.map(({ width }) => width) ?? [];

    expect(along?.axis).toBe("in");
    expect(dear).toContain(8);
    expect(dear).toContain(65);
    expect(dear).not.toContain(64);
    expect(costs.cost(kernelAt(8, 16)).latency_s).toBeGreaterThan(
      costs.cost(kernelAt(16, 16)).latency_s,
    );
  });

  test("have steps of 16 along both axes, with confidence", () => {
    const stairs = costs
      .stairs({ op: "conv2d" })
      .map(({ axis, step, confidence }) => ({ axis, step, sure: (confidence ?? 0) >= 0.95 }));

    expect(stairs).toContainEqual({ axis: "in", step: 16, sure: true });
    expect(stairs).toContainEqual({ axis: "out", step: 16, sure: true });
  });

  test("are positive inside an interval that holds them, at any width measured or between", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 160 }), fc.integer({ min: 4, max: 160 }), (i, o) => {
        const answer = costs.cost(kernelAt(i, o));
        expect(answer.latency_low_s).toBeGreaterThan(0);
        expect(answer.latency_low_s).toBeLessThanOrEqual(answer.latency_s);
        expect(answer.latency_s).toBeLessThanOrEqual(answer.latency_high_s);
        expect(answer.provenance).toBe("interpolated");
      }),
    );
  });

  test("give the rows of the kernel, else of the nearest", () => {
    const [measured] = costs.kernels({ op: "conv2d", inHeight: 8 });
    const between = costs.cost(kernelAt(131, 157));

    expect(measured && costs.cost(measured.kernel).rows).toEqual(measured?.rows);
    expect(between.rows.length).toBeGreaterThanOrEqual(4);
  });

  test("stand beside what the rows of a measured width say, unsmoothed", () => {
    const [first] = kernelsOf(design[0] ?? pointwiseChain([16])).slice(-1);
    if (!first) throw new Error("The design has kernels");
    const raw = costs.measured(first.kernel);

    expect(raw?.provenance).toBe("measured");
    expect(raw?.latency_s).toBeCloseTo(packedPlatform.kernel_s(first.kernel), 12);
    expect(costs.measured(kernelAt(131, 157))).toBeUndefined();
  });
});

describe("costs of a runtime without packing", () => {
  test("are smooth, with no steps and no alignment", () => {
    const smooth = freshTable();
    const id = fillTable(smooth, smoothPlatform, { networks: design });
    const answers = loadCosts(smooth, id);

    expect({ block: answers.block, alignment: answers.alignment }).toEqual({
      block: 1,
      alignment: 1,
    });
    expect(answers.stairs({ op: "conv2d" }).every(({ step }) => step === undefined)).toBe(true);
    const network = pointwiseChain([33, 70, 121]);
    expect(
      answers.networkCost(network).latency_s / trueLatency(network, smoothPlatform),
    ).toBeCloseTo(1, 2);
    smooth.close();
  });
});

describe("costs that are not there", () => {
  test("are refused outside the measured widths, with what is measured", () => {
    const wide = kernelAt(26, 400);

    expect(costs.tryCost(wide)).toBeUndefined();
    expect(() => costs.cost(wide)).toThrow(
      /No cost on local for conv2d relu, 8x8, 26 -> 400 channels: measured are 3 to 160 -> 4 to 160 channels/,
    );
    expect(() => costs.cost(wide)).toThrow(UserError);
  });

  test("are refused for shapes never measured, layer by layer", () => {
    expect(() => costs.cost({ ...kernelAt(20, 24), kernelSize: 5 })).toThrow(
      /conv2d 5x5 relu, 8x8, 20 -> 24 channels: no layer of this shape was measured/,
    );
    expect(() => costs.networkCost(pointwiseChain([300, 400]))).toThrow(
      /3 -> 300 .*; .*300 -> 400 /,
    );
  });

  test("come from one method only", () => {
    expect(() => loadCosts(table, platformId, { method: "isolated" })).toThrow(
      /no isolated kernel times/,
    );
    const session = table.startSession(platformId, sessionSettings);
    table.addKernelMeasurements(
      platformId,
      session,
      "isolated",
      [16, 32, 48].map((width) => ({
        ...measuredKernel(kernelAt(width, width), 4e-6),
        measuredAt: "2026-01-02",
      })),
    );

    const isolated = loadCosts(table, platformId, { method: "isolated" });

    expect(isolated.cost(kernelAt(32, 32)).latency_s).toBeCloseTo(4e-6, 8);
    expect(isolated.tryCost(kernelAt(64, 64))).toBeUndefined();
  });
});

describe("what judges the costs", () => {
  test("is the networks held out, which never make them", () => {
    const before = loadCosts(table, platformId).summary;
    for (const role of ["held-out", "verify"] as const)
      fillTable(table, smoothPlatform, { networks: [pointwiseChain([400, 400])], role });

    fitTable(table, platformId, "chain", "2026-01-01T02:00:00Z");

    const after = loadCosts(table, platformId);
    expect(before).toMatchObject({ designNetworks: 90, heldOutNetworks: 12 });
    expect(before.medianError).toBeLessThan(0.02);
    expect(after.tryCost(kernelAt(400, 400))).toBeUndefined();
  });

  test("is kept with every fit, the newest of which answers", () => {
    fitTable(table, platformId, "chain", "2026-01-01T03:00:00Z");

    expect(table.costModels(platformId, "latency")).toHaveLength(2);
    expect(loadCosts(table, platformId).summary.fittedAt).toBe("2026-01-01T03:00:00Z");
  });

  test("makes an interval around a network's latency from networks that the fit left out", () => {
    const noisy = freshTable();
    const id = fillTable(noisy, packedPlatform, { networks: drawnChains(150, 5), noise: 0.02 });
    const answers = loadCosts(noisy, id);
    const held = drawnChains(300, 6).map((network) => {
      const { latency_low_s, latency_high_s } = answers.networkCost(network);
      const latency_s = trueLatency(network, packedPlatform);
      return latency_low_s <= latency_s && latency_s <= latency_high_s;
    });

    // The truth is surer than another noisy measurement: the interval is of measurements.
    expect(held.filter(Boolean).length / held.length).toBeGreaterThan(0.95);
    noisy.close();
  });
});

describe("energy", () => {
  test("is absent without a model", () => {
    expect(costs.cost(kernelAt(20, 24))).not.toHaveProperty("energy_j");
  });

  test("is latency times the operation's power and at best derived", () => {
    storeEnergyModel(table, platformId, "chain", powers);
    const answer = loadCosts(table, platformId).cost(kernelAt(20, 24));

    expect(answer.energy_j).toBeCloseTo(10 * answer.latency_s, 12);
    expect(answer.energyProvenance).toBe("derived");
    expect((answer.energy_high_j ?? 0) / (answer.energy_j ?? 1) - 1).toBeCloseTo(
      Math.hypot(answer.latency_high_s / answer.latency_s - 1, 0.03),
      6,
    );
  });

  test("is gross, and net of idle beside it only where powers above idle were metered", () => {
    const net = { power_w: 2, powerByOp_w: { conv2d: 4 }, relativeHalfWidth: 0.05 };
    storeEnergyModel(table, platformId, "chain", powers);
    const grossOnly = loadCosts(table, platformId);
    storeEnergyModel(table, platformId, "chain", { ...powers, net });
    const both = loadCosts(table, platformId);
    const network = pointwiseChain([20, 24]);
    const [gross, answer] = [grossOnly.networkCost(network), both.networkCost(network)];

    for (const { cost } of [...gross.layers, { cost: gross }])
      expect(cost).not.toHaveProperty("net_energy_j");
    expect(answer.energy_j).toBe(gross.energy_j);
    expect(answer.net_energy_j).toBeCloseTo(
      2 * both.overhead.latency_s + 4 * (answer.latency_s - both.overhead.latency_s),
      12,
    );
    expect(both.cost(kernelAt(20, 24)).net_energy_j).toBeCloseTo(
      4 * both.cost(kernelAt(20, 24)).latency_s,
      12,
    );
    const wider = both.marginal(kernelAt(32, 36), { grow: "out", by: 16 });
    expect((wider.net_energy_j ?? 0) / (wider.energy_j ?? 1)).toBeCloseTo(0.4, 9);
  });

  test("is never nothing where the fit left an operation without power", () => {
    storeEnergyModel(table, platformId, "chain", {
      ...powers,
      net: { power_w: 2, powerByOp_w: { conv2d: 0 }, relativeHalfWidth: 0.05 },
    });
    const answer = loadCosts(table, platformId).cost(kernelAt(20, 24));

    expect(answer.net_energy_j).toBeCloseTo(2 * answer.latency_s, 12);
  });

  test("stays modelled in every answer when the power was assumed", () => {
    const assumed = { ...powers, provenance: "modelled", source: "assumed" } as const;
    storeEnergyModel(table, platformId, "chain", assumed);
    const answers = loadCosts(table, platformId);

    const network = answers.networkCost(pointwiseChain([20, 24]));

    expect(answers.cost(kernelAt(26, 36)).energyProvenance).toBe("modelled");
    expect(network.energyProvenance).toBe("modelled");
    expect(network.energy_j).toBeCloseTo(
      5 * answers.overhead.latency_s + 10 * (network.latency_s - answers.overhead.latency_s),
      12,
    );
  });
});

describe("marginal cost", () => {
  test("is zero to the end of the tread and the riser beyond it", () => {
    const free = costs.marginal(kernelAt(32, 36), { grow: "out", by: 8 });
    const paid = costs.marginal(kernelAt(32, 36), { grow: "out", by: 16 });

    expect(free.latency_s).toBe(0);
    expect(free.freeUntil).toBe(48);
    expect(paid.latency_s).toBeCloseTo(
      packedPlatform.kernel_s(kernelAt(32, 52)) - packedPlatform.kernel_s(kernelAt(32, 36)),
      6,
    );
    expect(paid.latency_high_s).toBeGreaterThan(paid.latency_s);
  });

  test("is negative where the wider width is cheaper, which is then free to take", () => {
    const cheaper = costs.marginal(kernelAt(8, 16), { grow: "in", by: 8 });

    expect(cheaper.latency_s).toBeLessThan(0);
    expect(cheaper.freeUntil).toBe(16);
  });
});

describe("marginal cost inside a network", () => {
  const network = pointwiseChain([32, 36, 48]);
  const marginalOf = (layer: string, by: number) => costs.networkMarginal(network, { layer, by });

  test("counts the layer and the one that reads it: free to the tread's end, then both risers", () => {
    const layer = network.layers[1]?.name ?? "";
    const free = marginalOf(layer, 8);
    const paid = marginalOf(layer, 16);
    const wider = pointwiseChain([32, 52, 48]);

    expect(free.latency_s).toBeCloseTo(0, 12);
    expect(free).toMatchObject({ width: 36, freeUntil: 48 });
    expect(paid.latency_s).toBeCloseTo(
      costs.networkCost(wider).latency_s - costs.networkCost(network).latency_s,
      12,
    );
    expect(paid.latency_s).toBeCloseTo(
      trueLatency(wider, packedPlatform) - trueLatency(network, packedPlatform),
      6,
    );
    expect(paid.latency_low_s).toBeLessThan(paid.latency_s);
    expect(paid.latency_high_s - paid.latency_s).toBeLessThan(paid.latency_s);
  });

  test("is refused for a layer whose neurons nothing reads, and for one that does not exist", () => {
    const last = network.layers.at(-1)?.name ?? "";
    for (const layer of [last, "nowhere"])
      expect(() => marginalOf(layer, 8)).toThrow(`No neurons can be added to layer "${layer}"`);
    expect(() => marginalOf(last, 8)).toThrow(UserError);
  });
});
