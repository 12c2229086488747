import type { MachineState } from "../../raw.ts";
import type { PageSettings } from "../page-settings.ts";

/** What the page tells its worker to begin with. */
export interface WorkerStart {
  /** The folder that the page lies in; ends with a slash. */
  readonly base: string;
  /** The agent's end of the connection. */
  readonly socket: string;
  readonly settings: PageSettings;
  /** Its size, and pixels per unit of that: models of phones differ in it where their user agents do not. */
  readonly screen: string;
}

/** What the page alone can see of its device, told whenever it changes. */
export type PageState = Pick<MachineState, "isAwake" | "battery">;

/** What the page tells its worker, the start first. */
export type PageNews =
  | { readonly kind: "start"; readonly start: WorkerStart }
  | { readonly kind: "state"; readonly state: PageState };

/** What the worker tells the page, to show it. */
export type WorkerNews =
  | { readonly kind: "connected"; readonly facts: readonly string[] }
  | { readonly kind: "measuring" }
  | { readonly kind: "resting" }
  /** Final where the server has nothing left to do; else the connection was lost. */
  | { readonly kind: "ended"; readonly isFinal: boolean };
