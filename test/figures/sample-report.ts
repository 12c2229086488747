import type { ReportData } from "../../src/figures/index.ts";
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

/** A whole search with its table and verification, as the command line would hand it over. */
export const sampleReport: ReportData = {
  title: "mnist-cnn on MNIST within 140 µs",
  generatedAt: "2026-03-01T12:30:00Z",
  toolVersion: "0.1.0",
  seed: 1,
  command:
    "wattsplit search --net mnist-cnn --data mnist --device local --db energy.db --latency-ms 0.14 --assume-power 15 --out run",
  platforms: [
    {
      device: "local",
      processor: "Intel Xeon 2.1 GHz",
      runtime: "ort-cpu",
      runtimeVersion: "1.30.0",
      precision: "float32",
      threads: 1,
      powerMode: "unknown",
      measuredFrom: "2026-02-28T22:10:00Z",
      measuredTo: "2026-03-01T12:00:00Z",
      networks: 72,
      kernels: 418,
    },
  ],
  energy: { kind: "modelled", power_w: 15 },
  budgets: [{ quantity: "latency_s", limit: latencyBudget_s, reference: "0.8 of uniform x1" }],
  delivered,
  search: {
    method: "energy-aware splitting",
    dataset: "mnist",
    heldOutOn: "6,000 training images held out",
    costSource: "energy.db, local/ort-cpu, measured",
    rounds,
    candidates,
    shapes,
    rivals,
  },
  layers: {
    rows: layers,
    verification: { measuredAt: "2026-03-01T12:29:00Z", samples: 200 },
  },
  heldOut: [
    {
      space: "mnist-cnn",
      designNetworks: 58,
      heldOutNetworks: 14,
      medianError: 0.017,
      p90Error: 0.044,
      rows: heldOutRows,
    },
  ],
  curves,
  stairs,
};
