import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** What a method has found out between two rounds so far: any JSON, so that a search killed in between goes on from there. */
export interface UnfinishedAnalysis {
  /** What was kept last; undefined at the start. */
  read(): unknown;
  keep(note: unknown): void;
}

const file = "analysis.json";
const schema = z.object({ round: z.number(), note: z.unknown() });

/** The analysis after so many rounds, in the search's folder; what is left of another round's is not read. */
export function analysisIn(folder: string, round: number): UnfinishedAnalysis {
  const path = join(folder, file);
  return {
    read: () => {
      if (!existsSync(path)) return undefined;
      const kept = schema.parse(JSON.parse(readFileSync(path, "utf8")));
      return kept.round === round ? kept.note : undefined;
    },
    keep: (note) => {
      writeFileSync(`${path}.tmp`, JSON.stringify({ round, note }));
      renameSync(`${path}.tmp`, path);
    },
  };
}

export const dropAnalysis = (folder: string): void => rmSync(join(folder, file), { force: true });
