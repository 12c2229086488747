import { describe, expect, it, test } from "vitest";
import {
  type DelegateName,
  readDelegation,
  readOperatorProfile,
  readTimedRuns,
} from "../../devices/runtimes/benchmark-model.ts";
import { layerTimes } from "../../devices/runtimes/operator-layers.ts";
import type { OperatorOutline } from "../../src/tflite/index.ts";

/** Typed after tensorflow/lite/tools/benchmark and tensorflow/core/util/stats_calculator.cc, and what both print on phones. */
const outputs: Readonly<Record<string, [text: string, runs: number, total_s: number]>> = {
  "an old program's": [
    `STARTING!
Loaded model /data/local/tmp/net.tflite
Initialized session in 0.855ms.
Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 150 seconds.
count=15 first=49060 curr=33124 min=32870 max=49060 avg=34825.1 std=3700

Running benchmark for at least 50 iterations and at least 1 seconds but terminate if exceeding 150 seconds.
count=50 first=32891 curr=33978 min=32641 max=34005 avg=33209.4 std=450

Inference timings in us: Init: 855, First inference: 49060, Warmup (avg): 34825.1, Inference (avg): 33209.4
`,
    50,
    50 * 33209.4e-6,
  ],
  "a new program's, with percentiles": [
    `INFO: STARTING!
INFO: Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 150 seconds.
INFO: count=358 first=1927 curr=1370 min=1363 max=1927 avg=1386.31 std=38 p5=1366 median=1377 p95=1428

INFO: Running benchmark for at least 1000 iterations and at least 1 seconds but terminate if exceeding 150 seconds.
INFO: count=1000 first=1407 curr=1370 min=1362 max=1452 avg=1379.64 std=14 p5=1365 median=1373 p95=1409

INFO: Operator-wise Profiling Info for Regular Benchmark Runs:
Timings (microseconds): count=3166 first=947 curr=406 min=390 max=947 avg=411.071 std=14
Memory (bytes): count=0
`,
    1000,
    1000 * 1379.64e-6,
  ],
  "LiteRT's, whose results follow in ms": [
    `INFO: [litert/runtime/compiled_model.cc:415] Flatbuffer model initialized directly from incoming litert model.
INFO: count=1055 first=1033 curr=473 min=443 max=1033 avg=465.319 std=18 p5=459 median=463 p95=478

INFO: count=2112 first=463 curr=459 min=442 max=979 avg=464.545 std=13 p5=460 median=462 p95=478

INFO: [./litert/tools/benchmark_litert_model.h:81]
========== BENCHMARK RESULTS ==========
INFO: [./litert/tools/benchmark_litert_model.h:88] Inference (avg):      0.46 ms (2112 runs)
`,
    2112,
    2112 * 464.545e-6,
  ],
  "one of a single run": [
    "count=3 first=160 curr=150 min=150 max=160 avg=155 std=5\ncount=1 curr=147\n",
    1,
    147e-6,
  ],
  "one of equal runs": ["INFO: count=9 curr=4(all same) p5=4 median=4 p95=4\n", 9, 36e-6],
};

describe("what benchmark_model prints", () => {
  it.each(Object.entries(outputs))("gives the timed runs of %s", (_, [text, runs, total_s]) => {
    expect(readTimedRuns(text)).toEqual({ runs, total_s: expect.closeTo(total_s, 9) });
  });

  it("is no result where it failed", () => {
    expect(
      readTimedRuns("ERROR: Failed to load model\nERROR: Benchmarking failed.\n"),
    ).toBeUndefined();
  });
});

describe("what a delegate took", () => {
  const cases: readonly [
    what: string,
    text: string,
    name: DelegateName,
    part: string,
    detail: string,
  ][] = [
    [
      "all nodes",
      `VERBOSE: Replacing 49 out of 49 node(s) with delegate (TfLiteGpuDelegateV2) node, yielding 1 partitions for subgraph 0.
INFO: Explicitly applied GPU delegate, and the model graph will be completely executed by the delegate.`,
      "GPU",
      "all",
      "49 of 49 nodes",
    ],
    [
      "a part, in two kernels",
      `VERBOSE: Replacing 64 out of 66 node(s) with delegate (TfLiteXNNPackDelegate) node, yielding 3 partitions for subgraph 0.
INFO: Explicitly applied XNNPACK delegate, and the model graph will be partially executed by the delegate w/ 2 delegate kernels.`,
      "XNNPACK",
      "some",
      "64 of 66 nodes",
    ],
    [
      "nothing, although it replaced every node and was let go again",
      `INFO: NNAPI delegate created.
VERBOSE: Replacing 31 out of 31 node(s) with delegate (TfLiteNnapiDelegate) node, yielding 1 partitions for subgraph 0.
INFO: Though NNAPI delegate is explicitly applied, the model graph will not be executed by the delegate.
INFO: Created TensorFlow Lite XNNPACK delegate for CPU.`,
      "NNAPI",
      "none",
      "Though NNAPI delegate is explicitly applied, the model graph will not be executed by the delegate",
    ],
    [
      "all, by an old program that counts no others",
      "Explicitly applied GPU delegate, and the model graph will be completely executed by the delegate.",
      "GPU",
      "all",
      "completely executed",
    ],
    [
      "nothing, where another one did the work",
      "VERBOSE: Replacing 9 out of 9 node(s) with delegate (TfLiteXNNPackDelegate) node, yielding 1 partitions for subgraph 0.",
      "GPU",
      "none",
      "no word of the GPU delegate",
    ],
    [
      "all, by LiteRT, which gives no verdict",
      "VERBOSE: Replacing 1 out of 1 node(s) with delegate (TfLiteXNNPackDelegate) node, yielding 1 partitions for subgraph 0.",
      "XNNPACK",
      "all",
      "1 of 1 nodes",
    ],
  ];
  it.each(cases)("is %s", (_, text, name, part, detail) => {
    expect(readDelegation(text, name)).toEqual({ part, detail });
  });
});

/** Two convolutions, a pool between them, and the reshape of the output. */
const operators = (
  [
    ["conv2d", "conv1"],
    ["max_pool", "pool1"],
    ["conv2d", "conv2"],
    ["fully_connected", "logits"],
    ["reshape", "output"],
  ] as const
).map(
  ([op, name]): OperatorOutline => ({
    op,
    inputs: [],
    output: { name, type: "float32", shape: [1] },
  }),
);
const layers = ["conv1", "pool1", "conv2", "logits"];

const newCsv = `Operator-wise Profiling Info for Model Init:
node type,first,avg_ms,%,cdf%,mem KB,times called,name
ModifyGraphWithDelegate,0.9,0.9,90%,90%,712,1,ModifyGraphWithDelegate/0
AllocateTensors,0.1,0.1,10%,100%,0,1,AllocateTensors/0

Operator-wise Profiling Info for Regular Benchmark Runs:
node type,first,avg_ms,%,cdf%,mem KB,times called,name
Convolution (NHWC, F32) IGEMM,0.16,0.1999,40%,40%,0,1,Delegate/Convolution (NHWC\t F32) IGEMM:0
Max Pooling (NHWC, F32),0.016,0.0156,3.7%,44%,0,1,Delegate/Max Pooling (NHWC\t F32):1
Transpose (ND, X32),0.004,0.0044,1%,45%,0,1,Delegate/Transpose (ND\t X32):2
Convolution (NHWC, F32) GEMM,0.2,0.2,50%,95%,0,1,Delegate/Convolution (NHWC\t F32) GEMM:3
Fully Connected (NC, F32) GEMM,0.01,0.01,4%,99%,0,1,Delegate/Fully Connected (NC\t F32) GEMM:4
Static Reshape (NC),0.001,0.001,1%,100%,0,1,Delegate/Static Reshape (NC):5
`;
const oldCsv = `Operator-wise Profiling Info for Regular Benchmark Runs:
============================== Run Order ==============================
node type, start, first, avg_ms, %, cdf%, mem KB, times called, name
CONV_2D, 0, 0.11, 0.1999, 44.9%, 44.9%, 0, 1, [conv1]:0
MAX_POOL_2D, 0.0931, 0.034, 0.0156, 14.5%, 59.4%, 0, 1, [pool1]:1
CONV_2D, 0.12, 0.2, 0.2044, 40.5%, 99%, 0, 1, [conv2]:2
FULLY_CONNECTED, 0.15, 0.03, 0.01, 1%, 100%, 0, 1, [logits]:3
RESHAPE, 0.16, 0.001, 0.001, 0%, 100%, 0, 1, [output]:4

============================== Top by Computation Time ==============================
node type, start, first, avg_ms, %, cdf%, mem KB, times called, name
CONV_2D, 0.12, 0.2, 0.2044, 40.5%, 40.5%, 0, 1, [conv2]:2
CONV_2D, 0, 0.11, 0.1999, 44.9%, 85%, 0, 1, [conv1]:0

Number of nodes executed: 5
============================== Summary by node type ==============================
node type, count, avg_ms, avg %, cdf %, mem KB, times called
CONV_2D, 2, 0.4, 85%, 85%, 0, 2
`;
const table = `INFO: [./litert/tools/benchmark_litert_model.h:179]
============================== Run Order ==============================
\t                             [node type]\t  [first]\t [avg ms]\t     [%]\t  [cdf%]\t  [mem KB]\t[times called]\t[Name]
\t        LiteRT::Run[buffer registration]\t    0.020\t    0.014\t  3.309%\t  3.309%\t     0.000\t        1\tLiteRT::Run[buffer registration]/0
\t       Convolution (NHWC, F32) IGEMM    \t    0.267\t    0.200\t 40.783%\t 40.783%\t     0.000\t        1\tDelegate/Convolution (NHWC, F32) IGEMM:0
\t                 Max Pooling (NHWC, F32)\t    0.016\t    0.016\t  3.783%\t 44.783%\t     0.000\t        1\tDelegate/Max Pooling (NHWC, F32):1
\t         Fully Connected (NC, PF32) GEMM\t    0.216\t    0.204\t 43.783%\t 88.783%\t     0.000\t        1\tDelegate/Fully Connected (NC, PF32) GEMM:2
\t         Fully Connected (NC, PF32) GEMM\t    0.016\t    0.010\t  3.783%\t 91.783%\t     0.000\t        1\tDelegate/Fully Connected (NC, PF32) GEMM:3
\t                     Static Reshape (NC)\t    0.085\t    0.003\t  0.739%\t  4.070%\t     0.000\t        1\tDelegate/Static Reshape (NC):4

============================== Top by Computation Time ==============================
\t                             [node type]\t  [first]\t [avg ms]\t     [%]\t  [cdf%]\t  [mem KB]\t[times called]\t[Name]
\t         Fully Connected (NC, PF32) GEMM\t    0.216\t    0.204\t 43.783%\t 88.783%\t     0.000\t        1\tDelegate/Fully Connected (NC, PF32) GEMM:2
`;

describe("an operator profile", () => {
  test.each([
    ["a new program's file", newCsv, [1, 1, 2, 1]],
    ["an old program's file", oldCsv, [1, 1, 1, 1]],
    ["LiteRT's table, with a 1 x 1 convolution as a dense layer", table, [1, 1, 1, 1]],
  ])("gives every layer its time, from %s", (_, text, nodes) => {
    const found = layerTimes(readOperatorProfile(text), operators, layers);

    expect(found?.nodes).toEqual(nodes);
    const expected_s = [200e-6, 15.6e-6, 204.4e-6, 10e-6];
    for (const [i, time_s] of expected_s.entries())
      expect(Math.abs((found?.times_s[i] ?? Number.NaN) - time_s)).toBeLessThan(0.6e-6);
  });

  test.each([
    ["a delegate is one row", "TfLiteXNNPackDelegate,0.4,0.4,100%,100%,0,1,[output]:0"],
    [
      "parts of a network are numbered alike and added up",
      "Convolution (NHWC, F32) IGEMM,0.2,0.2,50%,50%,0,2,Delegate/Convolution (NHWC\t F32) IGEMM:0",
    ],
    [
      "a layer has no row",
      "Convolution (NHWC, F32) IGEMM,0.2,0.2,50%,50%,0,1,Delegate/Convolution (NHWC\t F32) IGEMM:0",
    ],
  ])("gives none where %s", (_, row) => {
    const text = `node type,first,avg_ms,%,cdf%,mem KB,times called,name\n${row}\n`;

    expect(readOperatorProfile(text)).toHaveLength(1);
    expect(layerTimes(readOperatorProfile(text), operators, layers)).toBeUndefined();
  });
});
