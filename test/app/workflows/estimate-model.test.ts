import { expect, test } from "vitest";
import type { PlatformSummary } from "../../../energy-db/index.ts";
import { platformInPrecision } from "../../../src/app/workflows/estimate-model.ts";
import { importModel } from "../../../src/network/import/index.ts";

const fixtures = "test/network/import/fixtures";
const platform = (id: number, precision: string) => ({ id, precision }) as PlatformSummary;

test("a model is estimated on the platform that computes as it does, where there is one", () => {
  const floats = importModel(`${fixtures}/resnet18-13.onnx`);
  const integers = importModel(`${fixtures}/qdq-per-channel-13.onnx`);
  const both = [platform(1, "float32"), platform(2, "int8")];

  expect(platformInPrecision(both, floats)?.id).toBe(1);
  expect(platformInPrecision(both, integers)?.id).toBe(2);
  expect(platformInPrecision([platform(1, "float32")], integers)).toBe(undefined);
  expect(platformInPrecision([...both, platform(3, "int8")], integers)).toBe(undefined);
});
