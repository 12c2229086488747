import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { z } from "zod";
import { UserError } from "../errors.ts";
import { activations, type Layer } from "./layer.ts";
import { type Network, placeLayers } from "./network.ts";

/** Made when a file is first checked: answers from a table check none, and zod is the largest part of what they would load. */
function makeSchemas() {
  const { z } = createRequire(import.meta.url)("zod") as typeof import("zod");
  const name = z.string().min(1);
  /** Nodes of a layer are called "layer/part" in exported models. */
  const layerName = z.string().regex(/^[^/]+$/, "Expected a name without a slash");
  const count = z.number().int().positive();
  const inputs = z.array(layerName).optional();
  const windowed = { stride: count, padding: z.enum(["same", "valid"]) };
  const activation = z.enum(activations);
  const convolution = {
    name: layerName,
    inputs,
    kernelSize: count,
    kernelWidth: count.optional(),
    strideWidth: count.optional(),
    ...windowed,
    bias: z.boolean().default(false),
    batchNorm: z.boolean().default(false),
    activation: activation.default("linear"),
  };

  const layerSchemas = {
    conv2d: z.strictObject({ kind: z.literal("conv2d"), width: count, ...convolution }),
    depthwise_conv2d: z.strictObject({ kind: z.literal("depthwise_conv2d"), ...convolution }),
    dense: z.strictObject({
      kind: z.literal("dense"),
      name: layerName,
      inputs,
      width: count,
      bias: z.boolean().default(true),
      activation: activation.default("linear"),
    }),
    pool: z.strictObject({
      kind: z.literal("pool"),
      name: layerName,
      inputs,
      mode: z.enum(["max", "average"]),
      size: count,
      ...windowed,
    }),
    global_pool: z.strictObject({ kind: z.literal("global_pool"), name: layerName, inputs }),
    add: z.strictObject({
      kind: z.literal("add"),
      name: layerName,
      inputs: z.tuple([layerName, layerName]),
      activation: activation.default("linear"),
    }),
    concat: z.strictObject({
      kind: z.literal("concat"),
      name: layerName,
      inputs: z.tuple([layerName, layerName], layerName),
    }),
    multiply: z.strictObject({
      kind: z.literal("multiply"),
      name: layerName,
      inputs: z.tuple([layerName, layerName]),
    }),
    channel_slice: z.strictObject({
      kind: z.literal("channel_slice"),
      name: layerName,
      inputs,
      part: z.number().int().nonnegative(),
      parts: count,
    }),
    channel_shuffle: z.strictObject({
      kind: z.literal("channel_shuffle"),
      name: layerName,
      inputs,
      groups: count,
    }),
    propagate: z.strictObject({
      kind: z.literal("propagate"),
      name: layerName,
      inputs,
      edges: z.array(z.number().int().nonnegative()),
    }),
  } as const satisfies Record<Layer["kind"], z.ZodType>;

  const network = z.strictObject({
    format: z.literal("wattsplit-network"),
    version: z.literal(1),
    name,
    input: z.strictObject({ height: count, width: count, channels: count }),
    layers: z
      .array(
        z.discriminatedUnion("kind", [
          layerSchemas.conv2d,
          layerSchemas.depthwise_conv2d,
          layerSchemas.dense,
          layerSchemas.pool,
          layerSchemas.global_pool,
          layerSchemas.add,
          layerSchemas.concat,
          layerSchemas.multiply,
          layerSchemas.channel_slice,
          layerSchemas.channel_shuffle,
          layerSchemas.propagate,
        ]),
      )
      .min(1),
  });
  return { layers: layerSchemas, network };
}

let made: ReturnType<typeof makeSchemas> | undefined;

/** The schema of a file, and one per layer kind: docs/network-format.md is generated from them. */
export function networkSchemas(): ReturnType<typeof makeSchemas> {
  made ??= makeSchemas();
  return made;
}

/** The text of a network.json. */
export function formatNetwork(network: Network): string {
  const { name: title, input, layers } = network;
  const file = { format: "wattsplit-network", version: 1, name: title, input, layers };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Reads a network.json and checks that its layers fit together. */
export function readNetworkFile(path: string): Network {
  return parseNetwork(readText(path), path);
}

/** Parses the text of a network.json; `source` names it in errors. */
export function parseNetwork(text: string, source: string): Network {
  const parsed = networkSchemas().network.safeParse(parseJson(text, source));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(
      `${source} is no network: at ${issue?.path.join(".") || "the top"}: ${issue?.message}`,
      {
        hint: "docs/network-format.md describes the format.",
        exit: "usage",
      },
    );
  }
  const { name: title, input, layers } = parsed.data;
  const network: Network = { name: title, input, layers: layers.map(withoutUndefined) };
  requireGraphs(network, source);
  return network;
}

/** Edges join nodes that are there: the rows of what a propagation reads. */
function requireGraphs(network: Network, source: string): void {
  for (const { layer, in: input } of placeLayers(network)) {
    if (layer.kind !== "propagate") continue;
    const { height: nodes, width } = input;
    const isSound =
      width === 1 && layer.edges.length % 2 === 0 && layer.edges.every((node) => node < nodes);
    if (!isSound)
      throw new UserError(
        `${source} is no network: the edges of "${layer.name}" do not join two of its ${nodes} nodes each`,
        { hint: "docs/network-format.md describes the format.", exit: "usage" },
      );
  }
}

/** zod spells an absent `inputs` as undefined; the layer types leave it out. */
function withoutUndefined(
  layer: z.infer<ReturnType<typeof networkSchemas>["network"]>["layers"][number],
): Layer {
  const { inputs: read, ...rest } = layer;
  return (read === undefined ? rest : layer) as Layer;
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${source} is no JSON`, {
      hint: "Give a network.json as written by a search, or a preset name.",
      exit: "usage",
      cause,
    });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UserError(`Cannot read the network file ${path}`, {
      hint: "Check the path, or give a preset name.",
      exit: "usage",
      cause,
    });
  }
}
