import { Option } from "commander";
import { count, imageShape } from "./options.ts";

/** Flags that describe a kernel, all or some of it: a `KernelQuestion`. */
export const kernelOptions: readonly Option[] = [
  new Option(
    "--op <op>",
    "conv2d, depthwise_conv2d, dense, pool, global_pool, add, concat, multiply, channel_slice, channel_shuffle or propagate",
  ),
  new Option("--kernel <k>", "window size").argParser(count),
  new Option("--stride <s>", "stride").argParser(count),
  new Option("--in <HxWxC>", "input height, width and channels").argParser(imageShape),
  new Option("--out <c>", "output channels").argParser(count),
  new Option("--variant <v>", "fused activation, or max or average for pool"),
  new Option("--batch <n>", "batch size").argParser(count),
];
