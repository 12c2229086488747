import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chainText, loadText, marks } from "../../src/datasets/text.ts";
import { UserError } from "../../src/errors.ts";
import { seededRandom } from "../../src/random.ts";

const folder = () => mkdtempSync(join(tmpdir(), "wattsplit-text-"));

const said = (words: readonly string[], numbers: Int32Array) =>
  Array.from(numbers, (number) => words[number]).join(" ");

test("a file is read word by word, every line ended by a mark, and its last tenth held out", async () => {
  const path = join(folder(), "text.txt");
  const lines = Array.from({ length: 40 }, (_, i) => (i % 2 ? "a  b" : " a c "));
  writeFileSync(path, `${lines.join("\n")}\n\n`);

  const text = await loadText(path);

  expect(text.words).toEqual([marks.lineEnd, marks.rare, "a", "b", "c"]);
  expect(said(text.words, text.train.slice(0, 6))).toBe("a c <eos> a b <eos>");
  expect([text.train, text.validation, text.test].map(({ length }) => length / 3)).toEqual([
    36, 2, 2,
  ]);
});

test("a folder gives its three files; words that training lacks, or that are rare there, are one word", async () => {
  const path = folder();
  writeFileSync(join(path, "train.txt"), "b b a\na c b\n");
  writeFileSync(join(path, "valid.txt"), "a new c\n");
  writeFileSync(join(path, "test.txt"), "b <unk>\n");

  const text = await loadText(path, { words: 4 });

  expect(text.words).toEqual(["<eos>", "<unk>", "b", "a"]);
  expect(said(text.words, text.validation)).toBe("a <unk> <unk> <eos>");
  expect(said(text.words, text.test)).toBe("b <unk> <eos>");
});

test.each(["", "one line\n"])("the text %j is refused in one sentence", async (content) => {
  const path = join(folder(), "text.txt");
  writeFileSync(path, content);

  await expect(loadText(path)).rejects.toThrow(
    expect.objectContaining({
      exit: "usage",
      message: expect.stringMatching(/has no words in its/),
    }),
  );
});

test("a text that is not there is refused with what to give", async () => {
  await expect(loadText(join(folder(), "nowhere.txt"))).rejects.toThrow(
    expect.objectContaining({ exit: "usage", hint: expect.stringMatching(/valid\.txt/) }),
  );
});

describe("a text without words is refused with the part that lacks them:", () => {
  const written = (text: string): string => {
    const path = join(folder(), "text.txt");
    writeFileSync(path, text);
    return path;
  };

  test.each([
    ["an empty file", "", "train"],
    ["blank lines", "\n  \n\t\n", "train"],
    ["too few lines to hold a tenth out", "one line\nand another\n", "validation"],
  ])("%s", async (_, text, part) => {
    const refused = loadText(written(text));
    await expect(refused).rejects.toThrow(UserError);
    await expect(refused).rejects.toThrow(`has no words in its ${part} part`);
  });
});

test("a chain's words are followed by the words that its draw allows, the first of them most often", () => {
  const { train } = chainText(seededRandom(3), { words: 50, followers: 2, tokens: 20_000 });

  const counts = new Map<number, Map<number, number>>();
  for (let i = 1; i < train.length; i++) {
    const after = counts.get(train[i - 1] ?? 0) ?? new Map<number, number>();
    after.set(train[i] ?? 0, (after.get(train[i] ?? 0) ?? 0) + 1);
    counts.set(train[i - 1] ?? 0, after);
  }
  for (const after of counts.values()) expect(after.size).toBeLessThanOrEqual(2);
  const [most = 0, least = 0] = [...counts.values()]
    .filter((after) => after.size === 2)
    .map((after) => [...after.values()].sort((a, b) => b - a))
    .reduce(([m = 0, l = 0], [a = 0, b = 0]) => [m + a, l + b], [0, 0]);
  expect(most / (most + least)).toBeCloseTo(2 / 3, 1);
});
