import type { KernelRules } from "../rule.ts";
import { convRules } from "./conv.ts";
import { depthwiseRules } from "./depthwise.ts";
import { divisionRules } from "./division.ts";
import { elementwiseRules } from "./elementwise.ts";
import { fusedRules } from "./fused.ts";
import { indexRules } from "./index-rules.ts";
import { matmulRules } from "./matmul.ts";
import { poolRules } from "./pool.ts";
import { reduceRules } from "./reduce.ts";
import { resizeRules } from "./resize.ts";
import { shapeRules } from "./shape.ts";

/** Every tfjs kernel that can be traced. */
export const kernelRules: KernelRules = {
  ...elementwiseRules,
  ...divisionRules,
  ...reduceRules,
  ...matmulRules,
  ...convRules,
  ...depthwiseRules,
  ...poolRules,
  ...shapeRules,
  ...indexRules,
  ...fusedRules,
  ...resizeRules,
};
