import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scriptModel } from "../devices/index.ts";
import { importModel } from "../src/network/import/index.ts";
import { randomWeights } from "../src/network/initial-weights.ts";
import { seededRandom } from "../src/random.ts";

/**
 * `npm run bench -- qdq FROM TO`: the ONNX models of one folder written into another in 8-bit integers (QDQ), with random weights
 * and fixed ranges: for timing, which does not depend on them.
 */
export async function run([from, to]: readonly string[]): Promise<void> {
  if (!from || !to) throw new Error("Give a folder of ONNX files and one to write into");
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter((file) => file.endsWith(".onnx"))) {
    const { network } = importModel(join(from, name));
    if (!network) {
      console.log(`${name}: no network of ours`);
      continue;
    }
    const weights = randomWeights(network, seededRandom(1));
    const path = join(to, name.replace(/\.onnx$/, "_int8.onnx"));
    writeFileSync(path, scriptModel(name, network, weights, 1, "int8").bytes);
    console.log(path);
  }
}
