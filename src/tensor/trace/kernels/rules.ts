import type { KernelRules } from "../rule.ts";
import { convRules } from "./conv.ts";
import { depthwiseRules } from "./depthwise.ts";
import { elementwiseRules } from "./elementwise.ts";
import { indexRules } from "./index-rules.ts";
import { matmulRules } from "./matmul.ts";
import { poolRules } from "./pool.ts";
import { reduceRules } from "./reduce.ts";
import { shapeRules } from "./shape.ts";

/** Every tfjs kernel that can be traced. */
export const kernelRules: KernelRules = {
  ...elementwiseRules,
  ...reduceRules,
  ...matmulRules,
  ...convRules,
  ...depthwiseRules,
  ...poolRules,
  ...shapeRules,
  ...indexRules,
};
