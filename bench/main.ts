import * as answers from "./answers.ts";
import * as coverage from "./coverage.ts";
import * as engine from "./engine.ts";
import * as estimate from "./estimate.ts";
import * as fuzz from "./fuzz.ts";
import * as graphs from "./graphs.ts";
import * as kills from "./kills.ts";
import * as loop from "./loop.ts";
import * as lowering from "./lowering.ts";
import * as memory from "./memory.ts";
import * as natural from "./natural.ts";
import * as nodes from "./nodes.ts";
import * as paths from "./paths.ts";
import * as qdq from "./qdq.ts";
import * as quantized from "./quantized.ts";
import * as selection from "./selection.ts";
import * as service from "./service.ts";
import * as startup from "./startup.ts";
import * as store from "./store.ts";

/** Benchmarks by name; each reads its own arguments. */
const benches: Readonly<Record<string, { run(argv: readonly string[]): Promise<void> }>> = {
  answers,
  coverage,
  engine,
  estimate,
  fuzz,
  graphs,
  kills,
  loop,
  lowering,
  selection,
  service,
  memory,
  natural,
  nodes,
  paths,
  qdq,
  quantized,
  startup,
  store,
};

const [name = "", ...argv] = process.argv.slice(2);
const bench = benches[name];
if (!bench) {
  console.error(`No benchmark "${name}". Known: ${Object.keys(benches).join(", ")}`);
  process.exitCode = 2;
} else await bench.run(argv);
