import { describe, expect, it } from "vitest";
import { heldOutFamilies } from "../../profiler/design.ts";
import { type PlanOptions, planProfile } from "../../profiler/index.ts";
import { cellNetwork, drawOperations } from "../../src/network/cells/convolutional-cell.ts";
import type { CellsOfNetwork } from "../../src/network/cells/read-cells.ts";
import { completeWiring, randomWiring } from "../../src/network/cells/wiring.ts";
import { kernelFamily, kernelKey, kernelsOf } from "../../src/network/kernel.ts";
import { placeLayers } from "../../src/network/network.ts";
import { findPreset } from "../../src/network/presets.ts";
import { searchStart } from "../../src/network/search-start.ts";
import { freeGroups } from "../../src/network/width-groups.ts";
import { seededRandom } from "../../src/random.ts";

function planFor(preset: string, options: Partial<PlanOptions> = {}) {
  const { build, search, operators } = findPreset(preset);
  const network = build({});
  const groups = freeGroups(network);
  const limits = (values: readonly number[]) =>
    new Map(groups.map(({ name, width }, i) => [name, values[i] ?? width]));
  return planProfile({
    ...(operators ? { operators: operators({}) } : {}),
    network,
    caps: limits(search?.cap ?? []),
    floors: limits(search?.seed ?? []),
    ...options,
  });
}

const written = (plan: ReturnType<typeof planFor>, role: string) =>
  plan.networks.filter((planned) => planned.role === role).map(({ network }) => network);

const layersOf = ({ layers }: { readonly layers: unknown }) => JSON.stringify(layers);

/** Parameters of 3x3 convolutions and alike, up to a constant: the size of a network on a logarithmic axis. */
const sizeOf = (network: Parameters<typeof kernelsOf>[0]) =>
  Math.log(
    kernelsOf(network).reduce((sum, { kernel }) => sum + kernel.inChannels * kernel.outChannels, 0),
  );

describe("the plan of a profile", () => {
  it("has networks from the floors to the caps of every group", () => {
    const plan = planFor("mobilenet-v1-cifar");
    const { seed = [], cap = [] } = findPreset("mobilenet-v1-cifar").search ?? {};

    for (const [i, widths] of [...plan.widths.values()].entries()) {
      expect(widths[0]).toBe(seed[i]);
      expect(widths[widths.length - 1]).toBe(cap[i]);
    }
  });

  it("measures no network twice in one role, in small spaces neither", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const plan = planFor("mnist-cnn", { seed });
      for (const role of ["design", "held-out"]) {
        const networks = written(plan, role).map(layersOf);
        expect(new Set(networks).size).toBe(networks.length);
      }
    }
  });

  it("holds out most of the networks asked for, though a family has few of a size", () => {
    for (let seed = 1; seed <= 30; seed++)
      expect(
        written(planFor("mnist-cnn", { seed, heldOutNetworks: 40 }), "held-out").length,
      ).toBeGreaterThan(30);
  });

  it("spreads its networks evenly over the logarithm of size, more of them small than large", () => {
    const sizes = written(planFor("mobilenet-v1-cifar"), "design").map(sizeOf);
    const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
    const quarters = [0, 0, 0, 0];
    for (const size of sizes) {
      const at = Math.min(3, Math.floor((4 * (size - low)) / (high - low)));
      quarters[at] = (quarters[at] ?? 0) + 1;
    }

    for (const count of quarters) expect(count).toBeGreaterThan(sizes.length / 12);
    expect((quarters[0] ?? 0) + (quarters[1] ?? 0)).toBeGreaterThan(sizes.length / 2);
  });

  it("measures whole blocks, half blocks, aligned widths, widths past an edge and any others", () => {
    const widths = [...planFor("mobilenet-v1-cifar").widths.values()].flat();
    const share = (of: (width: number) => boolean) => widths.filter(of).length / widths.length;

    expect(share((width) => width % 16 === 0)).toBeGreaterThan(0.1);
    expect(share((width) => width % 16 === 8)).toBeGreaterThan(0.05);
    expect(share((width) => width % 16 >= 1 && width % 16 <= 4)).toBeGreaterThan(0.1);
    expect(share((width) => width % 4 !== 0)).toBeGreaterThan(0.1);
    expect(share((width) => width < 16)).toBeGreaterThan(0.01);
  });

  it("keeps to the grid, floors and caps apart", () => {
    const plan = planFor("mobilenet-v1-cifar", { grid: 8 });

    for (const widths of plan.widths.values())
      for (const width of widths.slice(1, -1)) expect(width % 8).toBe(0);
  });

  it("repeats parts of some networks, so that calls and small kernels can be told from noise", () => {
    const plan = planFor("mobilenet-v1-cifar");
    const depths = written(plan, "design").map(({ layers }) => layers.length);
    const plain = plan.space.network.layers.length;

    const deeper = depths.filter((depth) => depth > plain);
    expect(deeper.length).toBeGreaterThan(depths.length / 8);
    expect(new Set(deeper).size).toBeGreaterThan(3);
  });

  it.each(["mobilenet-v2-cifar", "mobilenet-v1-cifar", "hurricane-cifar"])(
    "repeats nothing that no layer then reads: %s",
    (preset) => {
      for (const { network } of planFor(preset).networks) {
        const read = new Set(placeLayers(network).flatMap(({ inputs }) => inputs));
        const unread = network.layers.slice(0, -1).filter(({ name }) => !read.has(name));
        expect(unread).toEqual([]);
      }
    },
  );

  it("has every operator in every block about equally often, and holds out other paths", () => {
    const operators = findPreset("hurricane-cifar").operators?.({});
    const plan = planFor("hurricane-cifar");
    const plain = written(plan, "design").map(layersOf);

    for (const { name: block } of operators?.blocks ?? [])
      for (const { name } of operators?.operators ?? []) {
        const found = plain.filter((layers) => layers.includes(`${block}-${name}-`)).length;
        expect([block, name, found >= 6 && found <= 12]).toEqual([block, name, true]);
      }
    expect(written(plan, "held-out")).toHaveLength(25);
    for (const network of written(plan, "held-out")) expect(plain).not.toContain(layersOf(network));
  });

  it("is the same for the same seed and another for another", () => {
    expect(planFor("mnist-cnn", { seed: 3 })).toEqual(planFor("mnist-cnn", { seed: 3 }));
    expect(planFor("mnist-cnn", { seed: 3 }).networks).not.toEqual(
      planFor("mnist-cnn", { seed: 4 }).networks,
    );
  });

  it("holds out networks of every family that searches visit, none of them in the design", () => {
    const plan = planFor("mobilenet-v1-cifar");
    const design = new Set(written(plan, "design").map(layersOf));
    const heldOut = written(plan, "held-out");

    expect(heldOut).toHaveLength(25);
    for (const network of heldOut) expect(design).not.toContain(layersOf(network));
    for (const family of heldOutFamilies)
      expect(heldOut.filter(({ name }) => name.endsWith(`, ${family}`))).toHaveLength(5);
  });

  it("lists every kernel of the design once", () => {
    const plan = planFor("mnist-cnn");
    const keys = written(plan, "design").flatMap((network) =>
      kernelsOf(network).map(({ kernel }) => kernelKey(kernel)),
    );

    expect(new Set(plan.kernels.map(kernelKey))).toEqual(new Set(keys));
    expect(plan.kernels).toHaveLength(new Set(keys).size);
  });

  it("mixes the roles in its order, and meters some networks of each", () => {
    const { networks } = planFor("mnist-cnn");

    expect(new Set(networks.slice(0, 20).map(({ role }) => role)).size).toBe(2);
    for (const role of ["design", "held-out"])
      expect(networks.some((planned) => planned.role === role && planned.metered)).toBe(true);
    expect(networks.every(({ metered }) => metered)).toBe(false);
  });

  it("varies the shared width of a residual stream as one", () => {
    const network = findPreset("resnet-cifar").build({});
    const plan = planProfile({ network, caps: new Map([["stem", 32]]), designNetworks: 10 });

    for (const planned of plan.networks) expect(() => kernelsOf(planned.network)).not.toThrow();
    expect(plan.widths.get("stem")?.length).toBeGreaterThan(2);
  });

  it.each([
    ["an unknown group", { caps: new Map([["conv9", 4]]) }, /conv9/],
    ["a cap below its floor", { caps: new Map([["conv1", 2]]) }, /below its floor/],
  ])("refuses %s", (_, options, message) => {
    const network = findPreset("mnist-cnn").build({});

    expect(() => planProfile({ network, ...options })).toThrow(message);
  });
});

describe("a plan for cells", () => {
  const { space, network, caps, cells } = searchStart("shrink-cnn");
  const plan = planProfile({ name: space, network, caps, ...(cells ? { cells } : {}) });

  it("has networks of many wirings, none twice and none both measured and held out", () => {
    const layers = plan.networks.map(({ network: { layers } }) => JSON.stringify(layers));

    expect(new Set(layers).size).toBe(layers.length);
    expect(written(plan, "design").length).toBeGreaterThan(100);
    expect(written(plan, "held-out")).toHaveLength(25);
  });

  it("measures every kernel's family around the widths that any wiring may ask for", () => {
    const ranges = new Map<string, { in: number[]; out: number[] }>();
    for (const kernel of plan.kernels) {
      const range = ranges.get(kernelFamily(kernel)) ?? { in: [], out: [] };
      range.in.push(kernel.inChannels);
      range.out.push(kernel.outChannels);
      ranges.set(kernelFamily(kernel), range);
    }
    const random = seededRandom(7);
    const within = (value: number, values: readonly number[] = []) =>
      Math.min(...values) <= value && value <= Math.max(...values);
    for (let i = 0; i < 100; i++) {
      const wiring = randomWiring(completeWiring(5), random);
      const cell = { wiring, operations: drawOperations(5, random) };
      for (const { kernel } of kernelsOf(cellNetwork(cell, (cells as CellsOfNetwork).stack))) {
        const range = ranges.get(kernelFamily(kernel));
        expect(within(kernel.inChannels, range?.in), kernelKey(kernel)).toBe(true);
        expect(within(kernel.outChannels, range?.out), kernelKey(kernel)).toBe(true);
      }
    }
  });
});
