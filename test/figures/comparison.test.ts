import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { type ComparedSearch, renderComparison } from "../../src/figures/index.ts";
import { sampleReport } from "./sample-report.ts";

const { search, delivered, platforms, budgets } = sampleReport;
const [platform] = platforms ?? [];
if (!search || !delivered || !platform) throw new Error("The sample lacks a part");

const one: ComparedSearch = {
  name: "splitting-1",
  network: "mnist-cnn",
  recipe: "quick",
  seed: 1,
  platform,
  budgets: budgets ?? [],
  delivered,
  search,
  trainings: 18,
  trainedExamples: 300_000,
  trainedMacs: 4e11,
};
const other: ComparedSearch = {
  ...one,
  name: "netadapt-1",
  search: { ...search, method: "netadapt" },
  delivered: { ...delivered, testAccuracy: 0.985, verified: undefined },
};
const pageOf = (searches: readonly ComparedSearch[]) =>
  renderComparison({
    title: "Searches compared",
    generatedAt: "2026-03-01T12:30:00Z",
    toolVersion: "0.1.0",
    searches,
  });
const documentOf = (searches: readonly ComparedSearch[]) => parseHTML(pageOf(searches)).document;

test("like searches share a table and figures, test and held-out accuracy apart", () => {
  const document = documentOf([one, other]);

  expect(document.querySelectorAll("main h2")).toHaveLength(1);
  expect([...document.querySelectorAll("h3")].map(({ textContent }) => textContent)).toEqual([
    "Test accuracy against latency",
    "Test accuracy against energy per inference",
    "Fronts: held-out accuracy against latency",
    "Fronts: held-out accuracy against energy per inference",
  ]);
});

test("a uniform width that several searches were held against stands once", () => {
  const [figure] = documentOf([one, other]).querySelectorAll("figure .wide svg");
  const names = [...(figure?.querySelectorAll("text") ?? [])].map(({ textContent }) => textContent);

  expect(names.filter((name) => name === "uniform x0.5")).toHaveLength(1);
  expect(names).toContain("splitting-1");
  expect(names).toContain("netadapt-1");
});

test("a budget is judged on the device, and a prediction is not called kept", () => {
  const tight = [{ quantity: "latency_s", limit: 134e-6 }] as const;
  const cells = [...documentOf([{ ...one, budgets: tight }, other]).querySelectorAll("td")].map(
    ({ textContent }) => textContent,
  );

  expect(cells).toContain("✗ latency");
  expect(cells).toContain("not verified");
});

test("searches on another platform are held against their like only", () => {
  const elsewhere = { ...other, platform: { ...platform, threads: 2 } };

  const document = documentOf([one, elsewhere]);

  expect(document.querySelectorAll("main h2")).toHaveLength(2);
  expect(document.querySelector(".note")?.textContent).toContain("only like ones");
});

test("hostile names stay text", () => {
  const page = pageOf([{ ...one, name: "<img src=x>" }, other]);

  expect(page).not.toContain("<img");
});
