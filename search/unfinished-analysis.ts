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

/**
 * Asks `ask` nothing again whose answer was kept before a kill: answers by key, each kept as soon as it is known. Answers must be JSON.
 */
export function keptAnswers<Q, A>(
  analysis: UnfinishedAnalysis,
  answer: z.ZodType<A>,
  keyOf: (question: Q) => string,
  ask: (question: Q) => Promise<A>,
): (question: Q) => Promise<{ readonly answer: A; readonly isKept: boolean }> {
  const known = new Map(Object.entries(z.record(z.string(), answer).parse(analysis.read() ?? {})));
  return async (question) => {
    const key = keyOf(question);
    const kept = known.get(key);
    if (kept !== undefined) return { answer: kept, isKept: true };
    const found = await ask(question);
    known.set(key, found);
    analysis.keep(Object.fromEntries(known));
    return { answer: found, isKept: false };
  };
}

/** A loss or perplexity; JSON has no Infinity, which a training that diverged comes to. */
export const finiteOrNull = (value: number): number | null =>
  Number.isFinite(value) ? value : null;
