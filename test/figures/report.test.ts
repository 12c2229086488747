import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { type Costs, type ReportData, renderReport } from "../../src/figures/index.ts";
import { sampleReport } from "./sample-report.ts";

const bare: ReportData = {
  title: "Empty",
  generatedAt: "2026-03-01T12:30:00Z",
  toolVersion: "0.1.0",
};
const samplePage = renderReport(sampleReport);
const sample = parseHTML(samplePage).document;
const sampleText = sample.body.textContent.replaceAll(/\s+/g, " ");
const textOf = (data: ReportData): string =>
  parseHTML(renderReport(data)).document.body.textContent.replaceAll(/\s+/g, " ");
const mainOf = (data: ReportData): string =>
  parseHTML(renderReport(data)).document.querySelector("main")?.textContent ?? "";

test("the page loads nothing and runs nothing", () => {
  const page = samplePage;

  expect(page).not.toMatch(/\s(src|href|on\w+)=|@import|url\(/);
  expect(page.match(/<script[^>]*>/g)).toEqual([
    '<script type="application/json" id="report-rows">',
  ]);
});

test("the same data gives the same bytes", () => {
  expect(renderReport(sampleReport)).toBe(samplePage);
});

test("the rows stand in the page as JSON and read back as they were given", () => {
  const island = sample.getElementById("report-rows")?.textContent ?? "";

  expect(JSON.parse(island)).toEqual(sampleReport);
});

test("hostile text in any field stays text", () => {
  const hostile = `</script><img src=x onerror=alert(1)> & "q' `;
  const kept = new Set(["provenance", "kind", "quantity", "generatedAt", "measuredAt"]);
  const poisoned: ReportData = JSON.parse(
    JSON.stringify(sampleReport, (key, value: unknown) =>
      typeof value === "string" && !kept.has(key) ? hostile + value : value,
    ),
  );

  const page = renderReport(poisoned);

  expect(page).not.toContain("<img");
  expect(page.match(/<\/script>/g)).toHaveLength(1);
  expect(parseHTML(page).document.querySelectorAll("img")).toHaveLength(0);
});

test("the summary shows measured against predicted latency and the budget", () => {
  const text = sampleText;

  expect(text).toContain("137 µs");
  expect(text).toContain("133 µs predicted, 2.92 % off");
  expect(text).toContain("✓ within the budget of 140 µs (0.8 of uniform x1)");
});

test("a network over its budget says so in words", () => {
  const budgets = [{ quantity: "latency_s", limit: 100e-6 }] as const;

  expect(textOf({ ...sampleReport, budgets })).toContain("✗ over the budget of 100 µs");
});

test("the rival in the summary is the best uniform network that meets every budget", () => {
  const tight = [{ quantity: "latency_s", limit: 110e-6 }] as const;
  const none = [{ quantity: "latency_s", limit: 1e-6 }] as const;

  expect(textOf({ ...sampleReport, budgets: tight })).toContain(
    "best rival that fits, uniform x0.5: 97.36 %",
  );
  expect(textOf({ ...sampleReport, budgets: none })).not.toContain("best rival");
});

test("modelled energy names the power assumed and the flag that changes it", () => {
  const text = sampleText;

  expect(text).toContain("modelled");
  expect(text).toContain(
    "time × an assumed 15 W, not a measurement; change it with --assume-power",
  );
});

const withoutEnergy = (costs: Costs | undefined) => costs && { latency_s: costs.latency_s };

test("without a meter energy is absent, never zero", () => {
  const { delivered } = sampleReport;
  const page = renderReport({
    ...sampleReport,
    energy: { kind: "absent" },
    delivered: delivered && {
      ...delivered,
      predicted: withoutEnergy(delivered.predicted),
      verified: withoutEnergy(delivered.verified),
    },
  });

  expect(page).toContain(
    '<h2>Energy per inference</h2><p class="value"><span class="absent">absent',
  );
  expect(page).not.toMatch(/\b0 J\b/);
});

test("energy net of idle stands under the gross one, and only where it is known", () => {
  const { delivered } = sampleReport;
  const verified = delivered?.verified;
  const net = { value: 1.2e-3, low: 1.1e-3, high: 1.3e-3, provenance: "derived" } as const;
  const metered = delivered && {
    ...delivered,
    verified: verified && { ...verified, netEnergy_j: net },
  };

  expect(textOf({ ...sampleReport, delivered: metered })).toContain(
    "1.2 mJ (1.1 mJ – 1.3 mJ) net of idle",
  );
  expect(sampleText).not.toContain("net of idle");
});

test("what rounds decided is told in the search's words", () => {
  const { search } = sampleReport;
  const verdicts = [{ round: 7, kind: "trials", verdict: "shape 1.1 is best" }];

  expect(textOf({ ...bare, search: search && { ...search, verdicts } })).toContain(
    "7trialsshape 1.1 is best",
  );
});

test("every word of provenance in the data is explained, and no other", () => {
  const words = [...sample.querySelectorAll("footer dt .tag")].map((tag) => tag.textContent);

  expect(words).toEqual(["measured", "modelled", "interpolated", "predicted"]);
});

test("each caption states device, platform, days and n", () => {
  const captions = [...sample.querySelectorAll("figcaption")].map((node) => node.textContent);

  const stated = captions.filter((text) =>
    text.includes("local: Intel Xeon 2.1 GHz, ort-cpu 1.30.0"),
  );
  expect(stated.length).toBeGreaterThanOrEqual(5);
  for (const text of stated) {
    expect(text).toMatch(/n = \d+/);
    expect(text).toContain("measured 2026-02-28 to 2026-03-01");
  }
});

test("a table alone makes a report of costs without a search", () => {
  const { platforms, curves, stairs, heldOut, energy } = sampleReport;
  const { document } = parseHTML(
    renderReport({ ...bare, platforms, curves, stairs, heldOut, energy }),
  );

  const headings = [...document.querySelectorAll("main h2")].map((node) => node.textContent);
  expect(headings).toEqual(["Measured costs"]);
  expect(document.querySelectorAll(".panels svg")).toHaveLength(6);
});

test("a report without any part is still a page, with an empty middle", () => {
  expect(mainOf(bare).trim()).toBe("");
  expect(renderReport(bare)).not.toContain("undefined");
});

test("a search in which every training diverged shows its other figures", () => {
  const { search } = sampleReport;
  const page = renderReport({ ...bare, search: search && { ...search, candidates: [] } });

  expect(page).not.toMatch(/NaN|Infinity/);
  expect(page).toContain("Promise and outcome");
  expect(page).not.toContain("Pareto front");
});

test("held-out and test accuracy are told apart wherever accuracy stands", () => {
  const heads = [...sample.querySelectorAll("th")].map(({ textContent }) => textContent);
  const accuracies = heads.filter((head) => head.includes("accuracy"));

  expect(accuracies.length).toBeGreaterThan(2);
  for (const head of accuracies) expect(head).toMatch(/^(test|held-out) accuracy$/);
});

test("every figure has a table of its numbers in it or after it", () => {
  const figures = [...sample.querySelectorAll("figure")];
  const isFollowed = (node: (typeof figures)[number]): boolean =>
    node.nextElementSibling !== null &&
    (node.nextElementSibling.querySelector("table") !== null ||
      isFollowed(node.nextElementSibling));

  for (const figure of figures) {
    const hasTable = figure.querySelector("table") !== null || isFollowed(figure);
    expect(hasTable, figure.querySelector("h3")?.textContent ?? "").toBe(true);
  }
});

test("a verified energy over its budget is judged, not the prediction within it", () => {
  const { delivered } = sampleReport;
  const budgets = [{ quantity: "energy_j", limit: 2.02e-3 }] as const;

  expect(textOf({ ...sampleReport, budgets })).toContain("✗ over the budget of 2.02 mJ");
  const unverified = delivered && { ...delivered, verified: undefined };
  expect(textOf({ ...sampleReport, budgets, delivered: unverified })).toContain(
    "✓ predicted to be within the budget of 2.02 mJ",
  );
});

test("the page around the figures looks as reviewed", async () => {
  const page = samplePage.replaceAll(/(<svg[^>]*>).*?<\/svg>/gs, "$1</svg>");

  await expect(page).toMatchFileSnapshot("snapshots/report.html");
});
