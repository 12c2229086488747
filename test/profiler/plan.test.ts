import { describe, expect, it } from "vitest";
import { planProfile } from "../../profiler/index.ts";
import { kernelKey, kernelsOf } from "../../src/network/kernel.ts";
import { findPreset } from "../../src/network/presets.ts";
import { widthGroups } from "../../src/network/width-groups.ts";

function planFor(preset: string, options: { seed?: number; levelsPerGroup?: number } = {}) {
  const { build, search } = findPreset(preset);
  const network = build({});
  const groups = widthGroups(network).filter(({ consumers }) => consumers.length > 0);
  const limits = (values: readonly number[]) =>
    new Map(groups.map(({ name, width }, i) => [name, values[i] ?? width]));
  return planProfile({
    network,
    caps: limits(search?.cap ?? []),
    floors: limits(search?.seed ?? []),
    ...options,
  });
}

const capOf = (group: number) => findPreset("mnist-cnn").search?.cap[group];

describe("the plan of a profile", () => {
  it("holds every pair of levels of neighbouring groups", () => {
    const plan = planFor("mnist-cnn", { levelsPerGroup: 5 });
    const keys = new Set(plan.kernels.map(kernelKey));
    const [reader] = kernelsOf(plan.space.network).filter(({ layer }) => layer === "conv3");

    for (const inChannels of plan.levels.get("conv2") ?? [])
      for (const outChannels of plan.levels.get("conv3") ?? [])
        expect(keys).toContain(reader && kernelKey({ ...reader.kernel, inChannels, outChannels }));
  });

  it("needs no more networks for a chain than pairs of two groups", () => {
    const plan = planFor("mobilenet-v1-cifar", { levelsPerGroup: 6 });

    const design = plan.networks.filter(({ role }) => role === "design");
    expect(design.length).toBeLessThanOrEqual(6 * 6 + 4);
    expect(plan.kernels.length).toBeGreaterThan(5 * design.length);
  });

  it("is the same for the same seed and another for another", () => {
    expect(planFor("mnist-cnn", { seed: 3 })).toEqual(planFor("mnist-cnn", { seed: 3 }));
    expect(planFor("mnist-cnn", { seed: 3 }).networks).not.toEqual(
      planFor("mnist-cnn", { seed: 4 }).networks,
    );
  });

  it("holds out networks that the design does not have, within the ranges", () => {
    const plan = planFor("mnist-cnn");
    const written = (role: string) =>
      plan.networks.filter((planned) => planned.role === role).map(({ network }) => network);

    const design = new Set(written("design").map((network) => JSON.stringify(network)));
    expect(written("held-out")).toHaveLength(16);
    for (const network of written("held-out")) {
      expect(design).not.toContain(JSON.stringify(network));
      const [conv3] = kernelsOf(network).filter(({ layer }) => layer === "conv3");
      const [floor = 0, cap = 0] = [findPreset("mnist-cnn").search?.seed[2], capOf(2)];
      expect(conv3?.kernel.outChannels).toBeGreaterThanOrEqual(floor);
      expect(conv3?.kernel.outChannels).toBeLessThanOrEqual(cap);
    }
  });

  it("mixes the roles in its order", () => {
    const roles = planFor("mnist-cnn").networks.map(({ role }) => role);

    expect(new Set(roles.slice(0, 20)).size).toBe(2);
  });

  it("varies the shared width of a residual stream as one", () => {
    const network = findPreset("resnet-cifar").build({});
    const plan = planProfile({ network, caps: new Map([["stem", 32]]), levelsPerGroup: 3 });

    for (const planned of plan.networks) expect(() => kernelsOf(planned.network)).not.toThrow();
    expect(plan.levels.get("stem")?.length).toBe(3);
  });

  it.each([
    ["an unknown group", { caps: new Map([["conv9", 4]]) }, /conv9/],
    ["a cap below its floor", { caps: new Map([["conv1", 2]]) }, /below its floor/],
  ])("refuses %s", (_, options, message) => {
    const network = findPreset("mnist-cnn").build({});

    expect(() => planProfile({ network, ...options })).toThrow(message);
  });
});
