import { expect, test } from "vitest";
import type { CostDocument } from "../../../energy-db/fit/cost-document.ts";
import { loadCosts, loadEveryCosts, openTable } from "../../../energy-db/index.ts";
import { estimateSteps } from "../../../energy-db/predicted/estimate.ts";
import { kernelsOf } from "../../../src/network/kernel.ts";
import { workOf } from "../../../src/network/work.ts";
import { smallNetwork, writeFormulaTable } from "../../support/formula-table.ts";
import { temporaryFolder } from "../temporary.ts";

test("a model is added up from the space that knows most of it, also when another was fitted later", () => {
  const table = openTable(writeFormulaTable(temporaryFolder()), { mode: "write" });
  const { id } = table.findPlatform({});
  const fitted = table.costModel(id, "latency", "small");
  if (!fitted) throw new Error("no costs are stored");
  const { coefficients_us, families, ...others } = fitted.document as CostDocument;
  table.putCostModel(id, {
    kind: "latency",
    space: "later",
    provenance: "measured",
    source: "of dense layers alone, that take twice as long",
    document: {
      ...others,
      coefficients_us: coefficients_us.map((value) => 2 * value),
      families: families.filter(({ example }) => example.op === "dense"),
    },
  });
  const network = smallNetwork(6, 10);
  const steps = kernelsOf(network).map(({ layer, kernel }) => ({
    name: layer,
    kernel,
    work: workOf(kernel),
  }));

  const estimate = estimateSteps(loadEveryCosts(table, id), steps);

  const known = loadCosts(table, id, { space: "small" }).networkCost(network);
  expect(estimate.latency_s).toBeCloseTo(known.latency_s, 9);
  expect(estimate.guessedShare).toBe(0);
  table.close();
});
