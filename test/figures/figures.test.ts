import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type CandidateRow,
  costCurve,
  drift,
  type Figure,
  fronts,
  gains,
  heldOut,
  layerCosts,
  layerShares,
  pareto,
  paretoFront,
  pathMap,
  renderFigure,
  shapesTried,
  shareInterval,
  tested,
  testedRows,
} from "../../src/figures/index.ts";
import { placeNames } from "../../src/figures/names.ts";
import {
  candidates,
  curves,
  delivered,
  heldOutRows,
  latencyBudget_s,
  layers,
  rivals,
  rounds,
  shapes,
  stairs,
} from "./sample-rows.ts";

const field = { candidates, rivals, budget: latencyBudget_s };
const finished = testedRows(delivered, rivals, "latency_s");
const searches = [
  { label: "splitting", candidates },
  { label: "netadapt", candidates: candidates.filter((_, i) => i % 3 === 0) },
];
const steps = { conv2: 16, conv3: 16 };
const ofLayer = (name: string) =>
  [
    curves.filter(({ layer }) => layer === name),
    stairs.filter(({ layer }) => layer === name),
  ] as const;

/** Layers of a made-up model: every third predicted, more than are drawn, one name longer than fits. */
const sharesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    layer: i === 1 ? "features/stage1/block1/expansion/convolution" : `conv${i}`,
    latency_s: 1e-6 * (1 + ((i * 7) % 11)),
    provenance: i % 3 === 0 ? ("predicted" as const) : ("interpolated" as const),
  }));

const figures: Readonly<Record<string, () => Figure>> = {
  "cost-curve-smooth": () => costCurve(...ofLayer("conv1")),
  "cost-curve-stairs": () => costCurve(...ofLayer("conv2")),
  "cost-curve-energy": () => costCurve(...ofLayer("conv2"), "energy_j"),
  "pareto-latency": () => pareto(field, "latency_s"),
  "pareto-energy": () => pareto({ ...field, budget: undefined }, "energy_j"),
  "pareto-narrow": () => pareto(field, "latency_s", 344),
  fronts: () => fronts(searches, "latency_s", latencyBudget_s),
  "tested-latency": () => tested(finished, "latency_s", latencyBudget_s),
  "tested-energy": () => tested(testedRows(delivered, rivals, "energy_j"), "energy_j"),
  gains: () => gains(rounds),
  shapes: () => shapesTried(shapes),
  "path-map": () => pathMap(rounds, steps),
  "path-map-narrow": () => pathMap(rounds, steps, 344),
  "layers-latency": () => layerCosts(layers, "latency_s"),
  "layers-energy": () => layerCosts(layers, "energy_j"),
  "held-out": () => heldOut(heldOutRows),
  "layer-shares": () => layerShares(sharesOf(36)),
};

test.each(Object.keys(figures))("the figure %s looks as reviewed", async (name) => {
  const svg = renderFigure(figures[name]?.() ?? { description: name, plot: {} });

  await expect(svg.replaceAll("><", ">\n<")).toMatchFileSnapshot(`snapshots/${name}.svg`);
});

test("the names of two networks at one place stand apart, and both are there", () => {
  const network = (label: string, isReference: boolean) => ({
    label,
    isReference,
    accuracy: { value: 0.992, low: 0.99, high: 0.994 },
    cost: { value: 24e-6, low: 23.5e-6, high: 24.5e-6, provenance: "measured" as const },
  });
  const svg = renderFigure(
    tested([network("uniform x0.9", true), network("delivered", false)], "latency_s"),
  );
  const heights = ["uniform x0.9", "delivered"].map((label) => {
    const around = svg.slice(0, svg.indexOf(`>${label}</text>`)).lastIndexOf("<g transform");
    return Number(/translate\([^,]*,([^)]*)\)/.exec(svg.slice(around))?.[1]);
  });

  expect(Math.abs((heights[0] ?? 0) - (heights[1] ?? 0))).toBeGreaterThan(11);
});

test("names hide each other nowhere, whatever the places", () => {
  const place = fc.record({
    label: fc.string({ minLength: 1, maxLength: 20 }),
    x: fc.integer({ min: 0, max: 100 }),
    y: fc.integer({ min: 0, max: 100 }),
  });
  const spots = [-13, 14, -26, 27].map((dy) => ({ textAnchor: "start", dx: -4, dy }) as const);
  fc.assert(
    fc.property(fc.array(place, { minLength: 1, maxLength: 12 }), (places) => {
      const frame = { x: [0, 100], y: [0, 100], width_px: 500, height_px: 280 } as const;
      const placed = placeNames(
        places.map((one) => ({ place: one, spots })),
        frame,
        { size_px: 11 },
      ).map(({ place: { label, x, y }, spot }) => ({
        from: 5 * x + spot.dx,
        to: 5 * x + spot.dx + 6 * label.length,
        at: 2.8 * (100 - y) + spot.dy,
      }));

      expect(placed.length).toBeGreaterThan(0);
      for (const [i, one] of placed.entries())
        for (const other of placed.slice(i + 1))
          expect(
            one.to <= other.from || other.to <= one.from || Math.abs(one.at - other.at) >= 11,
          ).toBe(true);
    }),
  );
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

test("a network whose energy was only modelled is not drawn as measured", () => {
  const svg = renderFigure(tested(testedRows(delivered, rivals, "energy_j"), "energy_j"));

  expect(svg).toContain("found by a search (modelled)");
  expect(svg).not.toContain("measured)");
});

test("a budget draws its limit and no budget draws none", () => {
  for (const draw of [
    (budget?: number) => pareto({ candidates, rivals, budget }, "latency_s"),
    (budget?: number) => tested(finished, "latency_s", budget),
  ]) {
    expect(renderFigure(draw(latencyBudget_s))).toContain(">budget<");
    expect(renderFigure(draw())).not.toContain(">budget<");
  }
});

test("held-out and test accuracy never stand in one figure", () => {
  const front = renderFigure(pareto(field, "latency_s"));
  const test = renderFigure(tested(finished, "latency_s", latencyBudget_s));

  expect(front).toContain("held-out accuracy");
  expect(front).not.toContain("98.89 %");
  expect(test).toContain("test accuracy");
  expect(test).not.toContain("98.84 %");
});

test("the front holds exactly the candidates that no other beats", () => {
  const candidate = fc
    .record({ cost: fc.integer({ min: 1, max: 20 }), right: fc.integer({ min: 0, max: 20 }) })
    .map(
      ({ cost, right }): CandidateRow => ({
        round: 0,
        kind: "trials",
        label: "",
        origin: "scratch",
        isDelivered: false,
        widths: {},
        heldOutAccuracy: right / 20,
        latency_s: { value: cost, provenance: "predicted" },
      }),
    );
  const beats = (a: CandidateRow, b: CandidateRow) =>
    a.latency_s.value <= b.latency_s.value &&
    a.heldOutAccuracy >= b.heldOutAccuracy &&
    (a.latency_s.value < b.latency_s.value || a.heldOutAccuracy > b.heldOutAccuracy);
  const place = ({ latency_s, heldOutAccuracy }: CandidateRow) =>
    `${latency_s.value} ${heldOutAccuracy}`;

  fc.assert(
    fc.property(fc.array(candidate), (rows) => {
      const front = paretoFront(rows, "latency_s");
      const unbeaten = rows.filter((row) => !rows.some((other) => beats(other, row)));

      expect(new Set(front.map(place))).toEqual(new Set(unbeaten.map(place)));
      expect(front.length).toBe(new Set(front.map(place)).size);
    }),
  );
});

test("a candidate without a joule is on no front of energy", () => {
  const [first] = candidates;
  const bare = first ? [{ ...first, energy_j: undefined }] : [];

  expect(paretoFront(bare, "energy_j")).toEqual([]);
  expect(paretoFront(bare, "latency_s")).toHaveLength(1);
});

test("uniform widths far beyond everything else leave the others their room", () => {
  const svg = renderFigure(
    pareto({ ...field, budget: 70e-6, candidates: candidates.slice(0, 4) }, "latency_s"),
  );

  expect(svg).not.toContain("uniform x1<");
  expect(svg).toContain("uniform x0.25<");
});

// Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81 of 263 and 1 of 29.
test.each([
  [81 / 263, 263, 0.2553, 0.3662],
  [1 / 29, 29, 0.0061, 0.1718],
])("the interval of %d counted on %d is the published one", (share, count, low, high) => {
  const interval = shareInterval(share, count);

  expect(interval.low).toBeCloseTo(low, 4);
  expect(interval.high).toBeCloseTo(high, 4);
});

test("a width at the end of its step is marked, others and layers without steps are not", () => {
  const row = { round: 0, kind: "seed", widths: { conv1: 16, conv2: 16, conv3: 17 } };
  const svg = renderFigure(pathMap([row], steps));

  expect(svg.match(/the end of a step of 16/g)).toHaveLength(1);
  expect(svg).toContain("conv2: 16 neurons, the end of a step of 16");
});

test("a layer too short for the profiler shows its prediction alone", () => {
  const svg = renderFigure(layerCosts(layers, "latency_s"));

  expect(svg.match(/logits: /g)).toHaveLength(1);
  expect(svg.match(/conv1: /g)).toHaveLength(2);
});

test("before verification the layers' costs say predicted only", () => {
  const unverified = layers.map(({ layer, predicted }) => ({ layer, predicted }));
  const svg = renderFigure(layerCosts(unverified, "energy_j"));

  expect(svg).toContain('aria-label="Predicted energy per inference per layer"');
  expect(svg).not.toContain("on the device");
});

test("rounds without a known gain are left out of promise and outcome", () => {
  const svg = renderFigure(gains(rounds));

  expect(svg).not.toContain("round 0:");
  expect(svg).toContain("round 1:");
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
