import { join } from "node:path";
import { defineConfig } from "vitest/config";

/**
 * Files that need a process of their own: they set its environment, start, kill or weigh processes, or put other functions in
 * the place of ours.
 */
const ownProcess = [
  "test/cli/{killed-search,quickstart,search-text,train}.test.ts",
  "test/devices/{adb,any-moment-*,browser,browser-on-cable,browser-search,local-device,local-transport,machine-state,ort-cpu,ort-gpu,reconnecting-agent,runtimes,ssh,tflite,web-runtimes}.test.ts",
  "test/devices/meters/tool-meters.test.ts",
  "test/energy-db/{device-lock,kills,processes}.test.ts",
  "test/examples/*.test.ts",
  "test/profiler/{coverage,killed-processes,killed-profile}.test.ts",
  "test/tensor/{engine/*,side-effects}.test.ts",
  "test/app/{service/chromium,workers/pool}.test.ts",
];
const every = "test/**/*.test.ts";

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ["default", "./test/support/count-reporter.ts"],
    // Two workers: the suite drives onnxruntime, which is itself threaded.
    maxWorkers: 2,
    pool: "forks",
    restoreMocks: true,
    globalSetup: ["test/support/temporary-in-memory.ts", "test/support/build-once.ts"],
    // Processes that tests start run what was built.
    execArgv: ["--require", join(import.meta.dirname, "test/support/run-built.cjs")],
    setupFiles: ["test/support/own-temporary-folder.ts", "test/support/same-cases-in-ci.ts"],
    coverage: { include: ["src/**", "devices/**", "energy-db/**", "profiler/**", "search/**"] },
    // Projects run in the order of their names: what takes long is begun first.
    projects: [
      { extends: true, test: { name: "own process", include: ownProcess } },
      // What they import is loaded once for all of them.
      {
        extends: true,
        test: { name: "shared process", include: [every], exclude: ownProcess, isolate: false },
      },
    ],
  },
});
