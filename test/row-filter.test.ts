import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesRow, parseWhere, sortRows } from "../src/row-filter.ts";

const fields = ["op", "width", "energy_j"];
const where = (text: string) => parseWhere(text, fields);
const row = { op: "conv2d", width: 16, energy_j: undefined };

test.each([
  ["op=conv2d", true],
  ["op=pool", false],
  ["op__not=pool", true],
  ["op__contains=conv", true],
  ["width=16", true],
  ["width__gt=16", false],
  ["width__gte=16", true],
  ["width__lt=17", true],
  ["width__lte=15", false],
  ["width__gte=many", false],
  ["energy_j__gt=0", false],
  ["energy_j__lte=1", false],
])("%s keeps a conv2d of width 16 without energy: %s", (text, kept) => {
  expect(matchesRow(row, [where(text)])).toBe(kept);
});

test("what is unknown is refused with what is known", () => {
  expect(() => where("widht__gt=3")).toThrow(
    expect.objectContaining({
      message: 'No field "widht"',
      hint: expect.stringMatching(/^Known: width/),
    }),
  );
  expect(() => where("width__ge=3")).toThrow('No comparison "ge"');
  expect(() => where("width")).toThrow('"width" is no condition');
  expect(() => sortRows([row], "-hight", fields)).toThrow('No field "hight"');
});

test("a condition and its opposite divide the rows that have the field between them", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 50 })),
      fc.integer({ min: 0, max: 50 }),
      (widths, limit) => {
        const rows = widths.map((width) => ({ ...row, width }));
        const kept = (text: string) =>
          rows.filter((each) => matchesRow(each, [where(text)])).length;
        expect(kept(`width__gte=${limit}`) + kept(`width__lt=${limit}`)).toBe(rows.length);
        expect(kept(`width=${limit}`) + kept(`width__not=${limit}`)).toBe(rows.length);
      },
    ),
  );
});

test("rows without the field come last in either order", () => {
  const rows = [{ energy_j: undefined }, { energy_j: 2 }, { energy_j: 1 }];

  expect(sortRows(rows, "energy_j", fields).map(({ energy_j }) => energy_j)).toEqual([
    1,
    2,
    undefined,
  ]);
  expect(sortRows(rows, "-energy_j", fields).map(({ energy_j }) => energy_j)).toEqual([
    2,
    1,
    undefined,
  ]);
});
