import { describe, expect, it } from "vitest";
import { planModel } from "../../profiler/index.ts";
import { scaledDesign } from "../../profiler/scaled-design.ts";
import { profiledSpace } from "../../src/app/workflows/profile-run.ts";
import { kernelFamily, kernelsOf } from "../../src/network/kernel.ts";
import { isWide } from "../../src/network/layer.ts";
import { placeLayers } from "../../src/network/network.ts";
import { searchStart } from "../../src/network/search-start.ts";
import { seededRandom } from "../../src/random.ts";

const fixtures = "test/network/import/fixtures";
const start = searchStart(`${fixtures}/mobilenet_v2-13.onnx`);
const planOf = (model: string, { imageSizes = 3, widest = 1.5 } = {}) =>
  planModel({
    ...profiledSpace(searchStart(`${fixtures}/${model}-13.onnx`)),
    designNetworks: 12,
    heldOutNetworks: 4,
    imageSizes,
    widest,
  });

const widthsOf = ({ layers }: { readonly layers: typeof start.network.layers }) =>
  layers.flatMap((layer) => (isWide(layer) ? [layer.width] : []));

describe("the plan of a model", () => {
  it("begins with the model itself, then smaller and wider ones, at smaller image sizes too", () => {
    const plans = planOf("mobilenet_v2");
    const { height } = start.network.input;

    const [own, ...others] = plans;
    expect(
      own.networks.filter(({ first }) => first).map(({ network }) => widthsOf(network)),
    ).toEqual([widthsOf(start.network)]);
    for (const plan of plans) {
      const widest = Math.max(
        ...plan.networks.map(({ network }) => Math.max(...widthsOf(network))),
      );
      expect(widest).toBeGreaterThanOrEqual(
        1.5 * Math.max(...widthsOf(start.network).slice(0, -1)),
      );
    }
    const sizes = others.map(({ space }) => space.network.input.height);
    expect(sizes.length).toBeGreaterThan(0);
    for (const size of sizes) expect(size < height && size >= height / 2).toBe(true);
    expect(new Set(plans.map(({ space }) => space.name)).size).toBe(plans.length);
  });

  it("knows kernels of families that its own image size has none of", () => {
    const [own, other] = planOf("resnet18", { imageSizes: 1 });
    const families = (plan: typeof own | undefined) =>
      new Set(plan?.kernels.map((kernel) => kernelFamily(kernel)));

    const news = [...families(other)].filter((family) => !families(own).has(family));
    expect(news.length).toBeGreaterThan(5);
  });

  it("is one plan where no other image size is asked for", () => {
    expect(planOf("squeezenet", { imageSizes: 0 })).toHaveLength(1);
  });
});

describe("networks whose widths are all multiplied", () => {
  it("keep what ties their widths to each other, and the width of their output", () => {
    const { network } = searchStart(`${fixtures}/shufflenet-13.onnx`);
    const scaled = scaledDesign(network, { count: 8, from: 0.4, to: 1.5 }, seededRandom(1));

    expect(scaled.length).toBeGreaterThan(4);
    expect(scaled[0]).toEqual(network);
    for (const one of scaled) {
      expect(() => placeLayers(one)).not.toThrow();
      expect(widthsOf(one).at(-1)).toBe(widthsOf(network).at(-1));
    }
    const tied = scaled.map((one) => kernelsOf(one).find(({ kernel }) => kernel.op === "concat"));
    expect(new Set(tied.map((found) => found?.kernel.outChannels)).size).toBeGreaterThan(3);
  });
});
