import { describe, expect, test } from "vitest";
import { describeKernel } from "../../../energy-db/index.ts";
import { kernelOfStep, stepsOf } from "../../../src/network/import/index.ts";
import { parseOutline } from "../../../src/onnx/index.ts";
import { type Classifier, classifiers, type Part, same } from "../../support/classifiers.ts";
import { type Dialect, exportedModel } from "../../support/exported-models.ts";

const exporters = ["pytorch", "tf2onnx"] as const;
const read = (classifier: Classifier, dialect: Dialect) =>
  stepsOf(parseOutline(exportedModel(classifier, dialect), "m"), "m");

interface Image {
  readonly side: number;
  readonly channels: number;
}

/** The kernels that the paper's table has, in the words that answers use. */
function kernelsOf({ size, parts }: Classifier): readonly string[] {
  let image: Image = { side: size, channels: 3 };
  return parts.map((part) => {
    const before = image;
    image = afterPart(part, before);
    return wordsOf(part, before, image);
  });
}

function afterPart(part: Part, { side, channels }: Image): Image {
  if (part.kind === "add") return { side, channels };
  if (part.kind === "global") return { side: 1, channels };
  if (part.kind === "dense") return { side: 1, channels: part.width };
  const isConv = part.kind === "conv" && !part.depthwise;
  return { side: same(side, part.stride), channels: isConv ? part.width : channels };
}

function wordsOf(part: Part, { side, channels }: Image, after: Image): string {
  const own = `${side}x${side}, ${channels} channels`;
  if (part.kind === "global") return `global_pool, ${own}`;
  if (part.kind === "add") return `add, ${own}`;
  const variant = part.activation && part.activation !== "linear" ? ` ${part.activation}` : "";
  if (part.kind === "dense")
    return `dense${variant}, 1x1, ${channels * side * side} -> ${after.channels} channels`;
  const step = part.stride === 1 ? "" : ` stride ${part.stride}`;
  const window = `${part.size > 1 ? ` ${part.size}x${part.size}` : ""}${step}`;
  if (part.kind === "pool") return `pool${window} max, ${own}`;
  if (part.depthwise) return `depthwise_conv2d${window}${variant}, ${own}`;
  return `conv2d${window}${variant}, ${side}x${side}, ${channels} -> ${after.channels} channels`;
}

/** An image comes to tf2onnx with channels last, and goes so to a dense layer that reads all of it. */
const unnamedOps = (exporter: Dialect["exporter"], { name }: Classifier): readonly string[] =>
  exporter === "pytorch"
    ? ["Softmax"]
    : ["Transpose", ...(name === "VGG-16" ? ["Transpose"] : []), "Softmax"];

const dialects = Array.from({ length: 13 }, (_, i) =>
  [true, false].map((foldsNorm) => ({ opset: 9 + i, foldsNorm })),
).flat();

describe.each(classifiers)("$name", (classifier) => {
  test.each(exporters)(
    "as %s writes it has its paper's kernels at opsets 9 to 21, and names what is none",
    (exporter) => {
      const expected = kernelsOf(classifier);
      for (const dialect of dialects) {
        const { steps, batch } = read(classifier, { ...dialect, exporter });
        const kernels = steps.flatMap((step) => kernelOfStep(step, batch) ?? []);
        const others = steps.filter(({ layer }) => !layer).map(({ op }) => op);

        expect(kernels.map(describeKernel), `opset ${dialect.opset}`).toEqual(expected);
        expect(others, `opset ${dialect.opset}`).toEqual(unnamedOps(exporter, classifier));
      }
    },
  );

  test("has the multiply-accumulates that were published, whoever writes it", () => {
    for (const exporter of exporters) {
      const { steps } = read(classifier, { opset: 13, foldsNorm: true, exporter });
      const macs = steps.reduce((sum, { work }) => sum + work.macs, 0);

      expect(Math.abs(macs / 1e9 / classifier.billions - 1)).toBeLessThan(0.06);
    }
  });
});
