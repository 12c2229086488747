import type { CatalogueRail } from "./catalog.ts";
import type { Clock } from "./clock.ts";
import type { Files } from "./files.ts";
import type { GaugeMemory } from "./gauge-memory.ts";
import type { Transport } from "./transport.ts";

/** What a runtime or a meter has at hand of the machine it works on. */
export interface Surroundings {
  /** Driven from another machine: the files and libraries of this process are not its own. */
  readonly isDriven?: true;
  /** Its files, where they can be read directly. */
  readonly files: Files;
  /** Of whoever reads the meter. */
  readonly clock: Clock;
  /** Runs its tools. */
  readonly transport: Transport;
  /** From the device's entry in the catalogue: the address of a plug, the benchmark program. */
  readonly settings: Readonly<Record<string, string>>;
  /** What the device's entry says of its meter's rails; absent where nothing is known. */
  readonly rails?: readonly CatalogueRail[] | undefined;
  /** What was found of its battery gauge before, by its fingerprint; absent where nothing is kept. */
  readonly gauges?: GaugeMemory | undefined;
  /** On it, absolute: where a runtime may copy programs and models to. */
  readonly folder: string;
}
