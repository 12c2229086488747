import { systemClock } from "../clock.ts";
import type { LoadedModel, ProfiledModel } from "../runtime.ts";
import type { HostAnswer, HostCall, HostRequest } from "./ort-calls.ts";
import { loadSession, type ProfilerState } from "./ort-session.ts";

/** The process that only measures: started by ort-cpu.ts, ended with it. */

const models = new Map<number, LoadedModel>();
const profiler: ProfilerState = { recordings_us: [], rehearsed: false };
const profiled = new Map<number, ProfiledModel>();

const taken = <T>(from: Map<number, T>, handle: number): T => {
  const found = from.get(handle);
  if (!found) throw new Error(`No open model ${handle}`);
  return found;
};

async function perform(call: HostCall, id: number): Promise<HostAnswer["result"]> {
  switch (call.kind) {
    case "load":
      if (models.size === 0) setImmediate(stayAwake);
      models.set(id, await loadSession(call.source, systemClock, profiler));
      return undefined;
    case "run":
      return taken(models, call.handle).runBatches(call.runs, call.batches);
    case "profile":
      profiled.set(id, await taken(models, call.handle).profiled());
      return undefined;
    case "run-profiled":
      return taken(profiled, call.handle).runBatches(call.runs, call.batches);
    case "finish": {
      const times = await taken(profiled, call.handle).finish();
      profiled.delete(call.handle);
      return times;
    }
    case "close":
      await taken(models, call.handle).close();
      models.delete(call.handle);
      return undefined;
  }
}

async function answer({ id, call }: HostRequest): Promise<HostAnswer> {
  try {
    return { id, result: await perform(call, id) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

/** While a model is open the core is kept from idling: it would take milliseconds to be at full speed again. */
function stayAwake(): void {
  if (models.size > 0) setImmediate(stayAwake);
}

// Typed by the only sender there is: ort-cpu.ts.
process.on("message", (request: HostRequest) => {
  void answer(request).then((reply) => process.send?.(reply));
});
process.on("disconnect", () => process.exit());
// Ctrl-C reaches every process of a terminal; the one that asked decides when to stop.
process.on("SIGINT", () => undefined);
