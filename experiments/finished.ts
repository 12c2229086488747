import type { z } from "zod";

/** The documents that tasks have left so far. */
export interface Finished {
  /** What a task left; undefined where it is still to be done. Throws a UserError where it is not what `schema` says. */
  result<T>(key: string, schema: z.ZodType<T>): T | undefined;
}
