import { chainText } from "../../src/datasets/text.ts";
import type { Random } from "../../src/random.ts";

/** 400 lines of ten words out of 20, each followed by one of two. */
export function chainLines(random: Random): readonly string[] {
  const chain = chainText(random, { words: 20, followers: 2, tokens: 4000 });
  const said = Array.from(chain.train, (word) => chain.words[word]);
  return Array.from({ length: 400 }, (_, i) => said.slice(10 * i, 10 * i + 10).join(" "));
}
