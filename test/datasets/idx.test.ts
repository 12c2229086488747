import { expect, test } from "vitest";
import { parseIdx } from "../../src/datasets/idx.ts";
import { UserError } from "../../src/errors.ts";

const header = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3];
const bytes = Uint8Array.from([...header, 1, 2, 3, 4, 5, 6]);

test("an IDX file is read as its shape and its bytes", () => {
  const { shape, values } = parseIdx(bytes, "f", 2);

  expect(shape).toEqual([2, 3]);
  expect([...values]).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a view into a larger buffer is read at its own offset", () => {
  const padded = Uint8Array.from([9, 9, ...bytes]).subarray(2);

  expect(parseIdx(padded, "f", 2).shape).toEqual([2, 3]);
});

test.each([
  ["cut short", bytes.subarray(0, 17), "5 bytes, expected 2 x 3 = 6"],
  ["with bytes too many", Uint8Array.from([...bytes, 0]), "7 bytes, expected 2 x 3 = 6"],
  ["cut in its header", bytes.subarray(0, 8), "header cut short"],
  ["of another type", Uint8Array.from([0, 0, 13, 2, ...bytes.subarray(4)]), "magic number 3330"],
  ["that is empty", new Uint8Array(0), "magic number missing"],
])("a file %s is a UserError that names file and reason", (_, broken, reason) => {
  expect(() => parseIdx(broken, "digits.idx", 2)).toThrow(UserError);
  expect(() => parseIdx(broken, "digits.idx", 2)).toThrow(reason);
  expect(() => parseIdx(broken, "digits.idx", 2)).toThrow("digits.idx");
});
