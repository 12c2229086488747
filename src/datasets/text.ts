import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { type Random, shuffled } from "../random.ts";
import { readDataFile } from "./checked-file.ts";

/** A text as numbers of words. */
export interface Text {
  readonly name: string;
  /** By number; the commonest first, after the two marks. */
  readonly words: readonly string[];
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/** Words of a text's beginning. */
export interface TextLengths {
  readonly training: number;
  readonly heldOut: number;
}

/** The text with less to train and to judge on. */
export const beginningOf = (text: Text, { training, heldOut }: TextLengths): Text => ({
  ...text,
  train: text.train.slice(0, training),
  validation: text.validation.slice(0, heldOut),
});

/** Stands after every line, and for words that are not among the commonest. */
export const marks = { lineEnd: "<eos>", rare: "<unk>" } as const;

export interface TextOptions {
  /** Words told apart, the two marks among them: the commonest of the training part. */
  readonly words?: number;
}

/** Parts of a single file, by lines in order. */
const shares = { train: 0.9, validation: 0.05 } as const;
const parts = ["train", "validation", "test"] as const;
type Parts = { readonly [P in (typeof parts)[number]]: readonly string[] };

/**
 * Reads words between white space: of a folder with train.txt, valid.txt and test.txt, as the Penn Treebank's language-modelling
 * files lie, or of one file, whose last tenth of lines is held out, half of it as the test part. A missing or all but empty text is
 * a UserError.
 */
export async function loadText(path: string, options: TextOptions = {}): Promise<Text> {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  const lines = isFolder ? await readFolder(path) : splitLines(await readLines(path));
  return textOf(path, lines, options);
}

async function readFolder(folder: string): Promise<Parts> {
  const [train, validation, test] = await Promise.all(
    ["train.txt", "valid.txt", "test.txt"].map((file) => readLines(join(folder, file))),
  );
  return { train: train ?? [], validation: validation ?? [], test: test ?? [] };
}

async function readLines(path: string): Promise<readonly string[]> {
  const bytes = await readDataFile(
    path,
    "Give a text file, or a folder with train.txt, valid.txt and test.txt.",
  );
  return new TextDecoder()
    .decode(bytes)
    .split("\n")
    .filter((line) => line.trim() !== "");
}

function splitLines(lines: readonly string[]): Parts {
  const [first, second] = [
    Math.floor(shares.train * lines.length),
    Math.floor((shares.train + shares.validation) * lines.length),
  ];
  return {
    train: lines.slice(0, first),
    validation: lines.slice(first, second),
    test: lines.slice(second),
  };
}

/** Of `--data` that names a text. */
export const textPrefix = "text:";

/** Numbers the words of a text. Throws a UserError where a part has none. */
export function textOf(name: string, lines: Parts, { words = 10_000 }: TextOptions = {}): Text {
  const tokens = (of: readonly string[]): readonly string[] =>
    of.flatMap((line) => [...line.trim().split(/\s+/), marks.lineEnd]);
  const empty = parts.find((part) => tokens(lines[part]).length < 2);
  if (empty)
    throw new UserError(`The text ${name} has no words in its ${empty} part`, {
      hint: "Give a text of at least a few hundred lines; the last tenth is held out.",
      exit: "usage",
    });
  const common = commonest(tokens(lines.train), words);
  const numbers = new Map(common.map((word, number) => [word, number]));
  const rare = numbers.get(marks.rare) ?? 0;
  const numbered = (of: readonly string[]): Int32Array =>
    Int32Array.from(tokens(of), (word) => numbers.get(word) ?? rare);
  return {
    name,
    words: common,
    train: numbered(lines.train),
    validation: numbered(lines.validation),
    test: numbered(lines.test),
  };
}

function commonest(tokens: readonly string[], most: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  for (const mark of Object.values(marks)) counts.delete(mark);
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return [...Object.values(marks), ...sorted.map(([word]) => word)].slice(0, most);
}

/**
 * Text of a chain of words: each is followed by one of `followers` others, as likely as 1, 1/2, 1/3, ...; which ones the draw decides,
 * so that all words are as frequent. What can be learnt of it is known: the entropy of those shares.
 */
export function chainText(
  random: Random,
  {
    words,
    followers,
    tokens,
  }: { readonly words: number; readonly followers: number; readonly tokens: number },
): Text {
  const order = shuffled(Array(words).keys(), random);
  const shareSum = harmonic(followers);
  const draw = (word: number): number => {
    let left = random.uniform() * shareSum;
    let rank = 0;
    for (; rank < followers - 1; rank++) {
      left -= 1 / (rank + 1);
      if (left <= 0) break;
    }
    return order[(word + rank) % words] ?? 0;
  };
  const part = (length: number): Int32Array => {
    let word = random.below(words);
    return Int32Array.from({ length }, () => {
      word = draw(word);
      return word;
    });
  };
  return {
    name: "chain",
    words: Array.from({ length: words }, (_, i) => `w${i}`),
    train: part(tokens),
    validation: part(Math.ceil(tokens / 10)),
    test: part(Math.ceil(tokens / 10)),
  };
}

const harmonic = (count: number): number =>
  Array.from({ length: count }, (_, i) => 1 / (i + 1)).reduce((sum, share) => sum + share, 0);
