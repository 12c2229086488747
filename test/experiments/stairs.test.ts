import { expect, test } from "vitest";
import { runKey, runsOf } from "../../experiments/frontier/protocol.ts";
import { protocols, stairs } from "../../experiments/stairs/stairs.ts";

const nothing = { result: () => undefined };

test("the same search is done by the table and by MACs, as tasks of their own", () => {
  const runs = runsOf(protocols.quick);
  expect(runs.filter(({ costs }) => costs === "macs").map(runKey)).toEqual([
    "mobilenet-v1-cifar-x0.15-splitting-by-macs-search-0",
  ]);
  expect(runs.map(runKey)).toContain("mobilenet-v1-cifar-x0.15-splitting-search-0");
  expect(new Set(runs.map(runKey)).size).toBe(runs.length);
  const keys = stairs.tasks(nothing, "quick").tasks.map(({ key }) => key);
  expect(keys).toEqual(["table-mobilenet-v1-cifar", ...runs.map(runKey)]);
});

test("the page says that nothing is known before anything is", () => {
  expect(stairs.page(nothing, "quick").answer).toEqual(["Nothing is trained and measured yet."]);
});
