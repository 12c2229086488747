import { z } from "zod";
import { webRuntimes } from "./web-runtimes.ts";

/** What a page is told before it connects. */
export const pageSettings = z.strictObject({
  runtime: z.enum(Object.keys(webRuntimes)),
  version: z.string(),
  build: z.string(),
  threads: z.int().min(1),
  /** What tells this browser from others. */
  phone: z.string(),
});
export type PageSettings = z.infer<typeof pageSettings>;
