import { UserError } from "./errors.ts";

/** Packages that bring TensorFlow's own library to tfjs in Node; users install them where they want them. */
export const tfjsNodePackages = {
  "tfjs-node": "@tensorflow/tfjs-node",
  "tfjs-node-gpu": "@tensorflow/tfjs-node-gpu",
} as const;

/** What they register themselves as in tfjs. */
export const tfjsNodeBackend = "tensorflow";

/** The last major version of Node that tfjs-node 4.22 runs on: it calls util.isNullOrUndefined, which 23 dropped. */
const lastNodeOfTfjsNode = 22;

/** Loads one of them. Throws a UserError that says what to install, or to use instead, where it does not load. */
export async function loadTfjsNode(
  name: keyof typeof tfjsNodePackages,
  { instead, nodeVersion = process.versions.node }: TfjsNodeOptions,
): Promise<void> {
  const module = tfjsNodePackages[name];
  if (Number.parseInt(nodeVersion, 10) > lastNodeOfTfjsNode)
    throw new UserError(
      `${name} does not run on Node ${nodeVersion}, expected at most ${lastNodeOfTfjsNode}`,
      { hint: `Use Node ${lastNodeOfTfjsNode} or 20, or ${instead}.`, exit: "unavailable" },
    );
  try {
    await import(module);
  } catch (cause) {
    throw new UserError(`The package ${module}, which brings ${name}, cannot be loaded`, {
      hint: `Install it: npm install ${module}@4.22, or use ${instead}.`,
      exit: "unavailable",
      cause,
    });
  }
}

export interface TfjsNodeOptions {
  /** What needs no such package, in words. */
  readonly instead: string;
  readonly nodeVersion?: string | undefined;
}
