import type { Kernel } from "../../src/network/kernel.ts";
import { groupBy } from "../group-by.ts";
import type { CostAnswer } from "../records.ts";
import { answerOf, type CostTerms } from "./answer.ts";
import type { MeasuredKernel } from "./observations.ts";
import { type Place, placeOf } from "./plane.ts";
import { fitSurface, type Surface } from "./surface.ts";

/** Kernels that differ in their channel counts only, and every answer given about them so far. */
export interface Family {
  readonly name: string;
  readonly example: Kernel;
  /** Fitted when first asked for. */
  surface(): Surface;
  /** Measured, else interpolated, else undefined. */
  answer(kernel: Kernel): CostAnswer | undefined;
}

/**
 * The families of the measured kernels, found by comparing fields: building the family's key for
 * every answer would take most of an answer's time.
 */
export function familyFinder(
  kernels: readonly MeasuredKernel[],
  terms: CostTerms,
  grid: number,
): (kernel: Kernel) => Family | undefined {
  const families = [...groupBy(kernels, ({ family }) => family)].flatMap(([name, members]) => {
    const [first] = members;
    return first ? [familyOf(name, first.kernel, members, { terms, grid })] : [];
  });
  const buckets = groupBy(families, ({ example }) => bucketOf(example));
  return (kernel) =>
    buckets.get(bucketOf(kernel))?.find(({ example }) => areRelated(example, kernel));
}

function familyOf(
  name: string,
  example: Kernel,
  members: readonly MeasuredKernel[],
  { terms, grid }: { readonly terms: CostTerms; readonly grid: number },
): Family {
  const isOnGrid = gridTest(members, grid);
  const answers = new Map<number, CostAnswer | undefined>(
    members.map((measured) => [
      placeNumber(placeOf(measured.kernel)),
      answerOf(measured.kernel, measured, "measured", terms),
    ]),
  );
  let fitted: Surface | undefined;
  const surface = () => {
    fitted ??= fitSurface(members);
    return fitted;
  };
  const interpolated = (kernel: Kernel, place: Place) => {
    const point = isOnGrid(place) ? surface().at(place) : undefined;
    return point && answerOf(kernel, point, "interpolated", terms);
  };
  return {
    name,
    example,
    surface,
    answer: (kernel) => {
      const place = placeOf(kernel);
      const number = placeNumber(place);
      const known = answers.get(number);
      if (known || answers.has(number)) return known;
      const answer = interpolated(kernel, place);
      answers.set(number, answer);
      return answer;
    },
  };
}

/**
 * Whether both widths are multiples of the grid or were measured themselves. Runtimes can take several times
 * longer off multiples of 4, which measurements on the grid alone cannot show.
 */
function gridTest(members: readonly MeasuredKernel[], grid: number): (place: Place) => boolean {
  const places = members.map(({ kernel }) => placeOf(kernel));
  const [xs, ys] = [new Set(places.map(({ x }) => x)), new Set(places.map(({ y }) => y))];
  return ({ x, y }) => (x % grid === 0 || xs.has(x)) && (y % grid === 0 || ys.has(y));
}

/** One number per place: widths stay far below a million. */
const placeNumber = ({ x, y }: Place): number => x * 1_000_000 + y;

const bucketOf = ({ inHeight, kernelSize, stride }: Kernel): number =>
  (inHeight * 100 + kernelSize) * 100 + stride;

/** Equal in every field that `kernelFamily` keeps. */
const areRelated = (a: Kernel, b: Kernel): boolean =>
  a.op === b.op &&
  a.inHeight === b.inHeight &&
  a.inWidth === b.inWidth &&
  a.kernelSize === b.kernelSize &&
  a.stride === b.stride &&
  a.batch === b.batch &&
  a.groups > 1 === b.groups > 1 &&
  a.padding === b.padding &&
  a.variant === b.variant &&
  a.dtype === b.dtype;
