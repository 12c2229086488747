import type { Kernel } from "../../src/network/kernel.ts";
import type { Packing, Regime, Structure } from "./packing.ts";
import type { Staircase } from "./stairs.ts";
import type { SymmetricMatrix } from "./uncertainty.ts";

/** The fitted costs of a platform and space as stored in the table: plain numbers, in microseconds. */
export interface CostDocument {
  readonly form: "packed-kernels-1";
  readonly protocol: number;
  /** That most families share; each has its own too. */
  readonly structure: Structure;
  readonly columns: readonly string[];
  readonly coefficients_us: readonly number[];
  /** Of the coefficients above zero, row by row up to the diagonal. */
  readonly covariance_us2: readonly number[];
  readonly families: readonly FamilyRecord[];
  /** Standard deviation of the speed of everything measured around the session's, as a fraction; absent in older documents. */
  readonly commonSd?: number;
  /**
   * Degrees of freedom of what tells the cost of kernels from that of the call: networks of another number of kernels than most.
   * Absent in older documents, and where no network was measured.
   */
  readonly freedom?: number;
  /** Networks predicted by a fit that left them out: latency and predicted - measured. */
  readonly leftOut: readonly LeftOutNetwork[];
}

/** What was found of a family of kernels. */
export interface FamilyRecord {
  readonly family: string;
  /** One kernel of the family: its channel counts mean nothing. */
  readonly example: Kernel;
  readonly structure: Structure;
  readonly regimes: readonly Regime[];
  /** Smallest and largest widths measured. */
  readonly in: readonly [number, number];
  readonly out: readonly [number, number];
  readonly stairs: readonly Staircase[];
  readonly discrepancy: number;
}

interface LeftOutNetwork {
  readonly latency_us: number;
  readonly residual_us: number;
  readonly sd_us: number;
}

/** What is stored, checked; undefined for another form. By hand: zod takes longer to load than such an answer should. */
export const readCostDocument = (value: unknown): CostDocument | undefined =>
  isDocument(value) ? (value as CostDocument) : undefined;

type Check = (value: unknown) => boolean;

const isNumber: Check = (value) => typeof value === "number";
const isNumberOrAbsent: Check = (value) => value === undefined || isNumber(value);
const isText: Check = (value) => typeof value === "string";
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** With one check for every field. */
const recordOf =
  <T>(fields: { readonly [F in keyof T]-?: Check }): Check =>
  (value) =>
    isObject(value) && Object.entries<Check>(fields).every(([name, check]) => check(value[name]));

const isPacking = recordOf<Packing>({ block: isNumber, align: isNumber });
const isStructure = recordOf<Structure>({ in: isPacking, out: isPacking });
const isRange: Check = (value) => listOf(isNumber)(value) && (value as unknown[]).length === 2;
const regimes: { readonly [R in Regime]: true } = { packed: true, narrow: true, plain: true };
const isRegime: Check = (value) => typeof value === "string" && Object.hasOwn(regimes, value);

const isDocument = recordOf<CostDocument>({
  form: (value) => value === "packed-kernels-1",
  protocol: isNumber,
  structure: isStructure,
  columns: listOf(isText),
  coefficients_us: listOf(isNumber),
  covariance_us2: listOf(isNumber),
  families: listOf(
    recordOf<FamilyRecord>({
      family: isText,
      example: isObject,
      structure: isStructure,
      regimes: listOf(isRegime),
      in: isRange,
      out: isRange,
      stairs: listOf(isObject),
      discrepancy: isNumber,
    }),
  ),
  commonSd: isNumberOrAbsent,
  freedom: isNumberOrAbsent,
  leftOut: listOf(
    recordOf<LeftOutNetwork>({ latency_us: isNumber, residual_us: isNumber, sd_us: isNumber }),
  ),
});

/** Columns whose coefficients are above zero. */
export const usedColumns = (coefficients: ArrayLike<number>): readonly number[] =>
  Array.from(coefficients, (value, column) => (value > 0 ? column : -1)).filter((c) => c >= 0);

/** The covariance of all coefficients, zero where a coefficient is. */
export function unpackCovariance({
  coefficients_us,
  covariance_us2,
}: CostDocument): SymmetricMatrix {
  const rank = new Map(usedColumns(coefficients_us).map((column, i) => [column, i]));
  return {
    get: (row, column) => {
      const [a, b] = [rank.get(row), rank.get(column)];
      if (a === undefined || b === undefined) return 0;
      const [low, high] = a < b ? [a, b] : [b, a];
      return covariance_us2[(high * (high + 1)) / 2 + low] ?? 0;
    },
  };
}
