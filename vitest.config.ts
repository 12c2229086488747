import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/own-temporary-folder.ts", "test/support/same-cases-in-ci.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ["default", "./test/support/count-reporter.ts"],
    // Two workers: the suite drives onnxruntime, which is itself threaded.
    maxWorkers: 2,
    pool: "forks",
    coverage: { include: ["src/**", "devices/**", "energy-db/**", "profiler/**", "search/**"] },
  },
});
