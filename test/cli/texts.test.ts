import { expect, test } from "vitest";
import { verificationText } from "../../src/app/cli/commands/verify.ts";
import { resultText } from "../../src/app/cli/quickstart-text.ts";
import { outcomeText } from "../../src/app/workflows/profile-run.ts";
import type { QuickstartResult } from "../../src/app/workflows/quickstart-summary.ts";
import type { VerificationRecord } from "../../src/app/workflows/search-folder.ts";

/** What commands print that take minutes: from records, as they would leave them. */

const verification: VerificationRecord = {
  measuredAt: "2026-01-01T00:00:00Z",
  attempt: 2,
  samples: 120,
  loads: 3,
  predicted_s: 110e-6,
  low_s: 105e-6,
  high_s: 115e-6,
  measured: { latency_s: 100e-6, low_s: 99e-6, high_s: 101e-6 },
  error: 0.1,
  energy: { energy_j: 2e-3, low_j: 1.9e-3, high_j: 2.1e-3, provenance: "measured", meter: "rapl" },
  layers: [
    {
      layer: "conv1",
      predicted_s: 60e-6,
      predictedLow_s: 55e-6,
      predictedHigh_s: 65e-6,
      provenance: "interpolated",
      isMeasuredWidth: false,
      measured_s: 50e-6,
      low_s: 49e-6,
      high_s: 51e-6,
      belowResolution: false,
    },
  ],
  flags: [],
};

test("a verification names predicted and measured latency, its error, energy and every layer", () => {
  const text = verificationText(verification);

  expect(text).toMatch(/^conv1 +60 +50 +20 +between$/m);
  expect(text).toMatch(/^whole network: predicted 110 µs .* measured 100 µs .* error 10 %$/m);
  expect(text).toContain("verified 2 times so far");
  expect(text).toMatch(/^energy, gross: verified 2 mJ .*, measured by rapl$/m);
});

test("a profile says what it measured, what is flagged, and how well its costs predict", () => {
  const outcome = {
    platformId: 1,
    sessionId: 1,
    measured: 24,
    skipped: 3,
    present: 9,
    stoppedBy: "done" as const,
    flags: { busy: 2 },
    invalidEnergy: [],
  };
  const summary = { space: "s", designNetworks: 8, heldOutNetworks: 5 };

  expect(outcomeText(outcome)).toContain("too few networks to judge the costs yet");
  const judged = { ...outcome, summary: { ...summary, medianError: 0.01, p90Error: 0.03 } };
  expect(outcomeText(judged)).toContain("(done); flagged: 2 busy; error of the sum on 5 held-out");
  expect(outcomeText(judged)).toContain("median 1 %, 90th percentile 3 %");
});

test.each([
  [0.99, /^In short +better: 2\.00 ± 0\.\d\d points of accuracy against uniform/m],
  [0.9705, /^In short +a tie: 0\.05/m],
  [0.95, /^In short +worse: -2\.00/m],
])("a quickstart of test accuracy %d is held against uniform widths", (accuracy, verdict) => {
  const reference = {
    label: "uniform x0.5 (12-24-48)",
    accuracy: 0.97,
    validationAccuracy: 0.97,
    latency_s: 100e-6,
    measured: verification.measured,
    macs: 1e6,
    parameters: 1e4,
  };
  const result = {
    widths: "8-16-32",
    history: { test: { loss: 0.1, accuracy, count: 10_000 } },
    verification,
    references: [reference],
    share: 0.45,
    shareLow: 0.44,
    shareHigh: 0.47,
    energyShare: 0.4,
  } as unknown as QuickstartResult;

  const text = resultText(result, { budget: 0.5, report: "quickstart/report.html" });

  expect(text).toMatch(
    /^Latency +100 µs measured, 45 % \(44 % to 47 %\) of the reference's \(budget 50 %\)/m,
  );
  expect(text).toMatch(/^Energy +2 mJ, 40 % of the reference's; measured by rapl$/m);
  expect(text).toMatch(/^Compared with +uniform x0\.5/m);
  expect(text).toMatch(verdict);
});
