import type { Clock } from "../../clock.ts";
import type { Runtime } from "../../runtime.ts";
import type { PageSettings } from "../page-settings.ts";

/** What a runtime of a page is opened with. */
export interface RuntimeStart {
  /** The folder of the files of its package; ends with a slash. */
  readonly files: string;
  /** As in web-runtimes.ts. */
  readonly backend: string;
  readonly settings: PageSettings;
}

/** What every file of runtimes/ exports. Throws a UserError where the browser lacks what the runtime needs. */
export type OpenRuntime = (start: RuntimeStart, clock: Clock) => Promise<Runtime>;
