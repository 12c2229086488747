import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { missedBudget } from "../../../src/app/workflows/quickstart-run.ts";
import {
  type QuickstartResult,
  quickstartResult,
} from "../../../src/app/workflows/quickstart-summary.ts";
import {
  type ReferenceRecord,
  type VerificationRecord,
  writeDocument,
} from "../../../src/app/workflows/search-folder.ts";
import { temporaryFolder } from "../../energy-db/temporary.ts";
import { writeFormulaTable } from "../../support/formula-table.ts";
import { writeFoundSearch, writeVerified } from "../../support/found-search.ts";

type Energy = NonNullable<VerificationRecord["energy"]>;

const energyOf = (
  energy_j: number,
  how: Pick<Energy, "provenance" | "meter" | "power_w">,
): Energy => ({
  energy_j,
  low_j: energy_j,
  high_j: energy_j,
  ...how,
});
const metered = { provenance: "measured", meter: "rapl" } as const;
const assumed = { provenance: "modelled", meter: "assumed", power_w: 10 } as const;

let root: string;
let db: string;
beforeAll(() => {
  root = temporaryFolder();
  db = writeFormulaTable(root);
});

/** A result whose reference takes twice the latency, and this energy. */
function resultOf(name: string, own?: Energy, full?: Energy): QuickstartResult {
  const folder = join(root, name);
  writeFoundSearch(folder, db);
  writeVerified(folder, db, own);
  const reference = (measured: VerificationRecord["measured"]): ReferenceRecord => ({
    label: "uniform x1",
    accuracy: 0.9,
    validationAccuracy: 0.9,
    latency_s: measured.latency_s,
    measured,
    macs: 1000,
    parameters: 100,
    ...(full ? { energy: full } : {}),
  });
  writeDocument(folder, "references", [reference({ latency_s: 1, low_s: 1, high_s: 1 })]);
  const { verification } = quickstartResult(folder, "uniform x1");
  const latency_s = 2 * verification.measured.latency_s;
  writeDocument(folder, "references", [
    reference({ latency_s, low_s: latency_s, high_s: latency_s }),
  ]);
  return quickstartResult(folder, "uniform x1");
}

test("within both shares nothing is said", () => {
  const result = resultOf("kept", energyOf(4e-4, metered), energyOf(1e-3, metered));

  expect(result.energyShare).toBeCloseTo(0.4, 9);
  expect(missedBudget(result, 0.51)).toBeUndefined();
});

test("a metered energy above its share fails although the latency keeps it", () => {
  const result = resultOf("energy", energyOf(6e-4, metered), energyOf(1e-3, metered));

  expect(missedBudget(result, 0.51)?.message).toBe(
    "The energy, measured by rapl, is 60 % of the reference's, the budget 51 %",
  );
});

test("a modelled energy fails with the latency that it was made from, in one sentence", () => {
  const result = resultOf("both", energyOf(5e-4, assumed), energyOf(1e-3, assumed));

  expect(missedBudget(result, 0.45)?.message).toBe(
    "The measured latency is 50 % of the reference's, the budget 45 %, and the energy misses it too",
  );
});

test("without any power only latency is judged", () => {
  const result = resultOf("no power");

  expect(result).not.toHaveProperty("energyShare");
  expect(missedBudget(result, 0.51)).toBeUndefined();
});
