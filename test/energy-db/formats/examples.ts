import { parquetWriteBuffer } from "hyparquet-writer";
import type { ForeignRow } from "../../../energy-db/formats/foreign-table.ts";

const parquetOf = (columnData: Parameters<typeof parquetWriteBuffer>[0]["columnData"]) =>
  new Uint8Array(parquetWriteBuffer({ columnData }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A file of every format, and what its first row says. */
export const examples: Readonly<
  Record<string, { readonly bytes: Uint8Array; readonly first: Partial<ForeignRow> }>
> = {
  json: {
    bytes: bytes(
      JSON.stringify({
        format: "wattsplit-foreign-tables",
        version: 1,
        tables: [
          {
            device: "d",
            dialect: "any",
            units: { latency: "ms" },
            details: {},
            rows: [
              { key: "a", op: "conv2d", shape: { height: 4 }, outChannels: 8, latency_s: 1e-3 },
            ],
          },
        ],
      }),
    ),
    first: { key: "a", outChannels: 8, latency_s: 1e-3 },
  },
  ofa: {
    bytes: bytes(
      "expanded_conv-input:56x56x24-output:28x28x40-expand:144-kernel:3-stride:2-idskip:0-se:0-hs:1:\n  count: 30\n  mean: 1.5\n  std: 0.25\n",
    ),
    // 56 x 56 x 24 x 144 for the expansion, 28 x 28 x 144 x (9 + 40) for the rest.
    first: {
      op: "mbconv",
      midChannels: 144,
      latency_s: 1.5e-3,
      latency_sd_s: 0.25e-3,
      samples: 30,
      macs: 16_369_920,
    },
  },
  proxylessnas: {
    bytes: bytes(
      "expanded_conv-input:56x56x24-output:28x28x40-expand:6-kernel:5-stride:2-idskip:0:\n  count: 10\n  mean: 2\n  var: 0.04\n",
    ),
    first: { midChannels: 144, latency_s: 2e-3, latency_sd_s: 0.2e-3 },
  },
  nsganetv2: {
    bytes: bytes(
      "MBConv-input:28x28x40-output:28x28x40-expand:3-kernel:3-stride:1-idskip:1-se:1:\n  mean: 0.5\n  var: 0.01\nclassifier-input:1280-output:1000:\n  mean: 0.1\n  var: 0.0001\n",
    ),
    first: { midChannels: 120, latency_s: 0.5e-3, latency_sd_s: 0.1e-3 },
  },
  "device-columns": {
    bytes: bytes("index,arch,pixel3_ms,gpu_1_us\n0,,12.5,800\n1,,13,810\n"),
    first: { key: "0", op: "network", latency_s: 12.5e-3 },
  },
  benchncnn: {
    bytes: bytes(
      "loop_count = 8\nnum_threads = 1\n          squeezenet  min =   11.66  max =   11.80  avg =   11.74\n",
    ),
    first: { key: "squeezenet", latency_s: 11.74e-3, fastest_s: 11.66e-3, samples: 8 },
  },
  "ncnn-list": {
    bytes: bytes(
      "device,session,loop_count,model,min_ms,max_ms,avg_ms\nOrin,1,64,squeezenet,11.66,11.80,11.74\n",
    ),
    first: { key: "squeezenet", latency_s: 11.74e-3, slowest_s: 11.8e-3, samples: 64 },
  },
  haq: {
    bytes: bytes("layer,wbit_idx,abit_idx,latency_cycles\n0,0,3,200720\n"),
    first: { work: 200720, shape: { layer: 0, weightBits: 1, activationBits: 4 } },
  },
  "haq-npy": {
    // numpy.save(numpy.array([[[200720]]])) of NumPy 1.24: a header of 118 bytes, then an int64.
    bytes: Buffer.concat([
      Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"),
      Buffer.from(
        `${"{'descr': '<i8', 'fortran_order': False, 'shape': (1, 1, 1), }".padEnd(117)}\n`,
      ),
      Buffer.from("1010030000000000", "hex"),
    ]),
    first: { work: 200720, shape: { layer: 0, weightBits: 1, activationBits: 1 } },
  },
  apq: {
    bytes: bytes(
      '{"(96, 456, 14, 1, 1, 0, 1)-W4A4": {"energy": 0.5, "latency": 0.0625}, "head": {"energy": 1, "latency": 1}}',
    ),
    first: {
      inChannels: 96,
      outChannels: 456,
      latency_s: 0.0625e-3,
      energy_j: 0.5e-3,
      macs: 14 * 14 * 96 * 456,
    },
  },
  "mlperf-tiny": {
    bytes: bytes(
      "round,system,benchmark,mode,median_throughput_inf_s,median_energy_uJ_per_inf,window_throughputs\n0.5,Nucleo,ad,energy,100,416.312,96 97 98 99 96\n",
    ),
    first: { latency_s: 0.01, energy_j: 416.312e-6, samples: 5 },
  },
  "tf-nas": {
    // pickle.dumps(OrderedDict([("base", 9.5), ("MB...", OrderedDict([(64, 1.25), (128, 1.5)]))]), 4) of CPython 3.11.
    bytes: Buffer.from(
      "8004957d000000000000008c0b636f6c6c656374696f6e73948c0b4f72646572656444696374949394295294288c0462617365944740230000000000" +
        "008c294d42496e766572746564526573426c6f636b5f3131325f31365f305f32345f6b335f73325f72656c75946802295294284b40473ff400000000" +
        "00004b80473ff800000000000075752e",
      "hex",
    ),
    first: { key: "base", op: "base", latency_s: 9.5e-3 },
  },
  netadapt: {
    // pickle.dumps([{(3, 16): 442368, (3, 15): 414720}, {(16, 8): 8192}], 2) of CPython 3.11.
    bytes: Buffer.from(
      "80025d7100287d7101284b034b108671024a00c006004b034b0f8671034a00540600757d71044b104b088671054d002073652e",
      "hex",
    ),
    first: { shape: { layer: 0 }, inChannels: 3, outChannels: 16, work: 442368 },
  },
  "harmonic-nas": {
    bytes: bytes(
      '{"MBConvLayer-input:1_24_112_112-in_ch:24-out_ch:32-mid_ch:72-expand:3-kernel:3-stride:2-use_se:0": {"lat": "1.52", "enrg": "11.14"},' +
        '"ConvLayer-input:1_3_224_224-in_ch:3-out_ch:16-kernel:3-stride:2-use_bn:1": {"lat": "0.4", "enrg": "2"}}',
    ),
    // 112 x 112 x 24 x 72 for the expansion, 56 x 56 x 72 x (9 + 32) for the rest.
    first: {
      op: "mbconv",
      inChannels: 24,
      midChannels: 72,
      outChannels: 32,
      latency_s: 1.52e-3,
      energy_j: 11.14e-3,
      macs: 21_676_032 + 9_257_472,
    },
  },
  "single-path-nas": {
    bytes: bytes('{"20": {"1": 4.5, "0": 2.25}, "21": {"1": 6.5}}'),
    first: { op: "choice", shape: { layer: "20", choice: "0" }, latency_s: 2.25e-3 },
  },
  "nn-meter": {
    bytes: bytes(
      JSON.stringify({
        "conv-bn-relu": {
          A1B2C3: {
            model: "m",
            shapes: [[28, 28, 64]],
            config: { HW: 28, CIN: 64, COUT: 128, KERNEL_SIZE: 3, STRIDES: 1 },
            converted_model: "m.tflite",
            latency: "12.5 +- 0.25",
          },
        },
        "global-avgpool": { X1: { config: { HW: 7, CIN: 320 }, latency: "0.5 +- 0" } },
      }),
    ),
    first: {
      op: "conv2d",
      inChannels: 64,
      outChannels: 128,
      latency_s: 12.5e-3,
      latency_sd_s: 0.25e-3,
      macs: 28 * 28 * 9 * 64 * 128,
    },
  },
  "nn-meter-dataset": {
    bytes: bytes(
      '{"id": "resnet_0", "graph": {}, "cortexA76cpu_tflite21": 81.5, "myriadvpu_openvino2019r2": null}\n' +
        '{"id": "resnet_1", "graph": {}, "cortexA76cpu_tflite21": 60.25, "myriadvpu_openvino2019r2": 7}\n',
    ),
    first: { key: "resnet_0", op: "network", latency_s: 81.5e-3 },
  },
  "nni-fbnet": {
    bytes: bytes(
      "{'op_name': 'mb_k3_e6_res', 'op_data_shape': (56, 28, 32, 64, 2), 'op_dtype': 'float', 'op_latency': 412.5}\n" +
        '{"op_name": "skip", "op_data_shape": (14, 14, 64, 64, 1,), "op_dtype": "float", "op_latency": 0.5}\n',
    ),
    first: {
      op: "mb_k3_e6_res",
      shape: { width: 56, height: 28, stride: 2, dtype: "float" },
      inChannels: 32,
      outChannels: 64,
      latency_s: 412.5e-6,
    },
  },
  "fbnet-lut": {
    bytes: bytes(
      JSON.stringify([
        {
          op_type: "Int8Conv",
          op_args: ['name: "kernel" i: 3', 'name: "stride" i: 2'],
          input_shapes: [[1, 3, 224, 224], [32, 3, 3, 3], [32]],
          input_dtypes: [2, 2, 1],
          runtime_us_p0: 900,
          runtime_us_p10: 910,
          runtime_us_p50: 1000,
          runtime_us_p90: 1100,
          runtime_us_p100: 1500,
          device: "SM-G950U-7.0-24",
        },
      ]),
    ),
    first: {
      op: "conv2d",
      inChannels: 3,
      outChannels: 32,
      latency_s: 1e-3,
      fastest_s: 0.9e-3,
      slowest_s: 1.5e-3,
      macs: 112 * 112 * 27 * 32,
    },
  },
  "fbnet-table": {
    bytes: bytes("ir_k3_e1 ir_k3_e6 skip\n10.5 20.5 1.5\n11.5 21.5 1.25\n"),
    first: { op: "ir_k3_e1", shape: { layer: 0 }, latency_s: 10.5e-6 },
  },
  "paddle-lite": {
    bytes: bytes(
      "dev_info           core_num\tthread_num\tpower_mode\tcore0 arch\n" +
        "Kirin980    8       1         \t0         ARM_A55  \n\n" +
        "op_name   \tinput_dims\t   output_dims\t   param_info     min_latency(ms)\t  max_latency(ms)\t avg_latency(ms)\n" +
        "conv      \t[1 96 112 112]\t[1 48 112 112]\t(ch_out=48, stride=1, pad=0, kernel=1x1, group=1, dtype=float) \t3.5     \t4.25     \t3.75   \n" +
        "fc        \t[1 64]   \t[1 1000] \t(param_dim=64x1000, flag_bias=1, dtype=float)  0.125     \t0.25     \t0.15\n",
    ),
    first: {
      op: "conv2d",
      inChannels: 96,
      outChannels: 48,
      latency_s: 3.75e-3,
      fastest_s: 3.5e-3,
      slowest_s: 4.25e-3,
      macs: 112 * 112 * 96 * 48,
    },
  },
  paddleslim: {
    bytes: bytes(
      "Kirin980,paddle-lite 2.3,1573000000\nconv2d,0,1,1,32,56,56,64,1,3,1,2,1\t2.5\nsoftmax,-1,1,1000,1,1\t0.125\n",
    ),
    first: {
      op: "conv2d",
      inChannels: 32,
      outChannels: 64,
      latency_s: 2.5e-3,
      macs: 28 * 28 * 9 * 32 * 64,
    },
  },
  mnn: {
    bytes: bytes(
      "MNN benchmark\nForward type: **CPU** thread=4** precision=2\n--------> Benchmarking... loop = 10, warmup = 5\n" +
        "[ - ] resnet-v2-50.mnn          max =   85.885ms  min =   79.539ms  avg =   80.194ms\n",
    ),
    first: {
      key: "resnet-v2-50.mnn",
      latency_s: 80.194e-3,
      fastest_s: 79.539e-3,
      slowest_s: 85.885e-3,
      samples: 10,
    },
  },
  "tflite-log": {
    bytes: bytes(
      [
        "STARTING!",
        "Num threads: [4]",
        "Graph: [/data/local/tmp/small.tflite]",
        "count=1 curr=3512",
        "",
        "count=50 first=2990 curr=2913 min=2727 max=3189 avg=2.95e+03 std=109",
        "",
        "Inference timings in us: Init: 17187, First inference: 3512, Warmup (avg): 3512, Inference (avg): 2.95e+03",
        "Profiling Info for Benchmark Initialization:",
        "\t[node type]\t[start]\t[first]\t[avg ms]\t[%]\t[cdf%]\t[mem KB]\t[times called]\t[Name]",
        "\tAllocateTensors\t0.000\t1.356\t1.356\t100.000%\t100.000%\t0.000\t1\tAllocateTensors/0",
        "",
        "Timings (microseconds): count=1 curr=1356",
        "Operator-wise Profiling Info for Regular Benchmark Runs:",
        "============================== Run Order ==============================",
        "\t[node type]\t[start]\t[first]\t[avg ms]\t[%]\t[cdf%]\t[mem KB]\t[times called]\t[Name]",
        "\tCONV_2D\t0.066\t2.754\t2.125\t72.066%\t72.066%\t0.000\t1\t[small/Relu6]:0",
        "\tSOFTMAX\t2.191\t0.628\t0.875\t27.934%\t100.000%\t0.000\t1\t[small/Softmax]:1",
        "",
        "Timings (microseconds): count=50 first=2989 curr=2912 min=2727 max=3189 avg=2949 std=109",
        "",
      ].join("\n"),
    ),
    first: {
      key: "small.tflite",
      op: "network",
      latency_s: 2.95e-3,
      latency_sd_s: 109e-6,
      fastest_s: 2.727e-3,
      samples: 50,
    },
  },
  csv: {
    bytes: bytes(
      "table,device,dialect,units,details,key,op,shape,in_channels,mid_channels,out_channels,macs,latency_s,latency_sd_s,fastest_s,slowest_s,energy_j,work,samples\r\n" +
        '0,"d, e",any,"{""latency"":""ms""}","{""threads"":4}",\'=a,conv2d,"{""height"":4}",,,8,,0.001,,,,,,\r\n',
    ),
    first: { key: "=a", op: "conv2d", shape: { height: 4 }, outChannels: 8, latency_s: 1e-3 },
  },
  parquet: {
    bytes: parquetOf([
      { name: "arch_idx", data: [7, 8], type: "INT32" },
      { name: "device", data: ["pi5", "pi5"], type: "STRING" },
      { name: "framework", data: ["litert", "litert"], type: "STRING" },
      { name: "lat_ms_median", data: [12.5, 13.5], type: "DOUBLE" },
      { name: "lat_ms_var", data: [0.25, 0.0625], type: "DOUBLE" },
      { name: "energy_mj", data: [60.5, 70.5], type: "DOUBLE" },
    ]),
    first: { key: "7", op: "network", latency_s: 12.5e-3, latency_sd_s: 0.5e-3, energy_j: 60.5e-3 },
  },
  "nas-bench-pickle": {
    // pickle.dumps({(4, 3, 2, 1, 0, 2): 0.0125, (0, 0, 1, 1, 2, 2): 0.015}, 4) of CPython 3.11.
    bytes: Buffer.from(
      "80049535000000000000007d9428284b044b034b024b014b004b027494473f8999999999999a284b004b004b014b014b024b027494473f" +
        "8eb851eb851eb8752e",
      "hex",
    ),
    first: { key: "4,3,2,1,0,2", op: "network", latency_s: 0.0125 },
  },
};
