/** The layer table of ARCHITECTURE.md: a folder may import itself and only what stands beside it. */
const base = "src/(units|errors|random|statistics|progress|folder|row-filter|csv|tfjs-node)\\.ts$";
const layers = {
  "src/onnx/": [base],
  "src/tflite/": [base],
  "src/tensor/": [base, "src/onnx/"],
  "src/network/": [base, "src/onnx/", "src/tflite/", "src/tensor/"],
  "src/datasets/": [base],
  "src/training/": [base, "src/tensor/", "src/network/", "src/datasets/"],
  "src/figures/": [base],
  "devices/": [base, "src/onnx/", "src/tflite/", "src/network/"],
  "energy-db/": [base, "src/onnx/", "src/network/"],
  "profiler/": [base, "src/network/", "devices/", "energy-db/"],
  "search/": [base, "src/tensor/", "src/network/", "src/training/", "src/datasets/"],
};
const ours = "^(src|devices|energy-db|profiler|search|experiments)/";
const only = (name, from, packages) => ({
  name,
  severity: "error",
  from: { path: ours, pathNot: from },
  to: { path: packages },
});

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    ...Object.entries(layers).map(([layer, allowed]) => ({
      name: `layer:${layer}`,
      severity: "error",
      from: { path: `^${layer}` },
      to: { path: ours, pathNot: [layer, ...allowed].map((place) => `^${place}`) },
    })),
    {
      name: "layer:base",
      severity: "error",
      from: { path: `^${base}` },
      to: { path: ours, pathNot: `^${base}` },
    },
    {
      name: "layer:experiments",
      severity: "error",
      from: { path: "^experiments/" },
      to: { path: "^src/app/(cli/commands|service)/" },
    },
    {
      name: "layer:workflows",
      severity: "error",
      from: { path: "^src/app/workflows/" },
      to: { path: "^src/app/(cli|service)/" },
    },
    only("only-energy-db-opens-sqlite", "^energy-db/", "better-sqlite3"),
    only("only-devices-spawn", ["^devices/", "^src/datasets/fetch\\.ts$"], "child_process"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".cjs", ".json"],
      exportsFields: ["exports"],
    },
  },
};
