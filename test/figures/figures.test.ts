import { expect, test } from "vitest";
import {
  costCurve,
  drift,
  type Figure,
  gains,
  heldOut,
  renderFigure,
  searchPath,
  shapesTried,
  verification,
  widthsPerRound,
} from "../../src/figures/index.ts";
import {
  curves,
  final,
  heldOutRows,
  latencyBudget_s,
  layers,
  references,
  rounds,
  shapes,
  stairs,
} from "./sample-rows.ts";

const path = { rounds, references, final, budget: latencyBudget_s };
const ofLayer = (name: string) =>
  [
    curves.filter(({ layer }) => layer === name),
    stairs.filter(({ layer }) => layer === name),
  ] as const;

const figures: Readonly<Record<string, () => Figure>> = {
  "cost-curve-smooth": () => costCurve(...ofLayer("conv1")),
  "cost-curve-stairs": () => costCurve(...ofLayer("conv2")),
  "search-path-latency": () => searchPath(path, "latency_s"),
  "search-path-energy": () => searchPath({ ...path, budget: undefined }, "energy_j"),
  "search-path-narrow": () => searchPath(path, "latency_s", 344),
  gains: () => gains(rounds),
  shapes: () => shapesTried(shapes),
  widths: () => widthsPerRound(rounds),
  verification: () => verification(layers),
  "held-out": () => heldOut(heldOutRows),
};

test.each(Object.keys(figures))("the figure %s looks as reviewed", async (name) => {
  const svg = renderFigure(figures[name]?.() ?? { description: name, plot: {} });

  await expect(svg.replaceAll("><", ">\n<")).toMatchFileSnapshot(`snapshots/${name}.svg`);
});

test.each(Object.keys(figures))("drawing %s twice gives the same bytes", (name) => {
  const draw = () => renderFigure(figures[name]?.() ?? { description: name, plot: {} });

  expect(draw()).toBe(draw());
});

test.each(Object.keys(figures))("%s holds no coordinate that is not a number", (name) => {
  const svg = renderFigure(figures[name]?.() ?? { description: name, plot: {} });

  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test("names of layers are escaped in text, tips and the description", () => {
  const hostile = `<img src=x> & "quoted"`;
  const svg = renderFigure(
    costCurve(curves.slice(0, 3).map((row) => ({ ...row, layer: hostile, kernel: hostile }))),
  );

  expect(svg).not.toContain("<img");
  expect(svg).toContain("&lt;img src=x&gt; &amp;");
});

test("what was measured is filled and what was computed is hollow", () => {
  const row = { layer: "conv1", kernel: "conv2d", width: 8 };
  const filled = costCurve([{ ...row, latency_s: { value: 1e-5, provenance: "measured" } }]);
  const hollow = costCurve([{ ...row, latency_s: { value: 1e-5, provenance: "interpolated" } }]);

  expect(renderFigure(filled)).toMatch(/<g [^>]*fill="var\(--figure-measured[^>]*aria-label="dot"/);
  expect(renderFigure(hollow)).toMatch(/<g [^>]*fill="var\(--figure-paper[^>]*aria-label="dot"/);
});

test("a delivered network that was only modelled is not drawn as measured", () => {
  const svg = renderFigure(searchPath({ ...path, budget: undefined }, "energy_j"));

  expect(svg).toContain("delivered, test images (modelled)");
  expect(svg).not.toContain("measured)");
});

test("a budget draws its limit and no budget draws none", () => {
  const withBudget = renderFigure(searchPath(path, "latency_s"));
  const without = renderFigure(searchPath({ ...path, budget: undefined }, "latency_s"));

  expect(withBudget).toContain(">budget<");
  expect(without).not.toContain(">budget<");
});

test("rounds without a known gain are left out of promise and outcome", () => {
  const svg = renderFigure(gains(rounds));

  expect(svg).not.toContain("round 0:");
  expect(svg).toContain("round 1:");
});

test("labels of thirty thin layers never come closer than a line of text", () => {
  const widths = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`layer${index}`, index === 12 ? 900 : 2 + index]),
  );

  const svg = renderFigure(widthsPerRound([{ round: 0, widths }]));

  const lines = [...svg.matchAll(/translate\([\d.]+,([\d.]+)\)"[^>]*>layer\d+ \d+</g)];
  const tops = lines.map(([, top]) => Number(top)).sort((a, b) => a - b);
  const gaps = tops.slice(1).map((top, index) => top - (tops[index] ?? 0));
  expect(tops.length).toBeGreaterThan(15);
  expect(Math.min(...gaps)).toBeGreaterThan(10.9);
});

test("the canary is drawn over the minutes of each session, against the fastest of all", () => {
  const at = (session: string, minute: number, latency_s: number) => ({
    session,
    measuredAt: `2026-01-01T0${session}:0${minute}:00Z`,
    latency_s,
  });
  const { plot } = drift([at("1", 0, 4e-5), at("1", 3, 4.2e-5), at("2", 1, 4.4e-5)]);
  const svg = renderFigure({ description: "drift", plot });

  expect(svg).toContain("session 1, 2026-01-01T01:03:00Z: 42 µs, 5 % slower");
  expect(svg).toContain("session 2, 2026-01-01T02:01:00Z: 44 µs, 10 % slower");
});
