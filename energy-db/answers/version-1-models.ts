import type { StoredModel } from "../records.ts";
import type { EnergyTable } from "../table.ts";

/**
 * The line that turns a sum of kernel times into a network's latency:
 * latency = overhead_s + slope x sum, fitted on the design networks, judged on held-out ones.
 */
export interface Calibration {
  readonly space: string;
  readonly overhead_s: number;
  readonly slope: number;
  readonly designNetworks: number;
  readonly heldOutNetworks: number;
  /** |predicted - measured| / measured on the held-out networks. */
  readonly medianError: number;
  readonly p90Error: number;
}

/** Power drawn while kernels of an operation run: kernel energy = time x power. */
export interface EnergyModel {
  readonly provenance: "measured" | "derived" | "modelled" | "simulated";
  /** Meter id, or "assumed" for --assume-power. */
  readonly source: string;
  /** Watts while no more specific operation is listed. */
  readonly power_w: number;
  readonly powerByOp_w: Readonly<Record<string, number>>;
  /** 95 % half-width of the power as a fraction; 0 for an assumption. */
  readonly relativeHalfWidth: number;
}

const lineForm = "version-1-line";
const powersForm = "version-1-powers";

type LineDocument = Pick<Calibration, "overhead_s" | "slope"> & { readonly form: typeof lineForm };
type PowersDocument = Omit<EnergyModel, "provenance" | "source"> & {
  readonly form: typeof powersForm;
};

export function storeCalibration(
  table: EnergyTable,
  platformId: number,
  { space, overhead_s, slope, ...judged }: Calibration,
): void {
  const document: LineDocument = { form: lineForm, overhead_s, slope };
  table.putCostModel(platformId, {
    kind: "latency",
    space,
    provenance: "measured",
    source: "line through sums of kernel times",
    document,
    ...judged,
  });
}

/** The newest line of each space, the newest first. */
export function calibrationsOf(table: EnergyTable, platformId: number): readonly Calibration[] {
  const newest = new Map<string, Calibration>();
  for (const model of table.costModels(platformId, "latency")) {
    const document = model.document as LineDocument;
    if (document.form === lineForm && !newest.has(model.space))
      newest.set(model.space, calibrationOfModel(model, document));
  }
  return [...newest.values()];
}

const calibrationOfModel = (
  { space, designNetworks = 0, heldOutNetworks = 0, medianError = 0, p90Error = 0 }: StoredModel,
  { overhead_s, slope }: LineDocument,
): Calibration => ({
  space,
  overhead_s,
  slope,
  designNetworks,
  heldOutNetworks,
  medianError,
  p90Error,
});

/** The line of this space, or the newest one when no space is given. */
export const calibrationOf = (
  table: EnergyTable,
  platformId: number,
  space?: string,
): Calibration | undefined =>
  calibrationsOf(table, platformId).find(
    (calibration) => space === undefined || calibration.space === space,
  );

export function storeEnergyModel(
  table: EnergyTable,
  platformId: number,
  space: string,
  { provenance, source, ...powers }: EnergyModel,
): void {
  const document: PowersDocument = { form: powersForm, ...powers };
  table.putCostModel(platformId, { kind: "energy", space, provenance, source, document });
}

/** The powers of this space, or of any when none is given; undefined when nobody metered or assumed them. */
export function energyModelOf(
  table: EnergyTable,
  platformId: number,
  space?: string,
): EnergyModel | undefined {
  const model = table.costModel(platformId, "energy", space);
  const document = model?.document as PowersDocument | undefined;
  if (!model || document?.form !== powersForm) return undefined;
  const { form: _, ...powers } = document;
  return { provenance: model.provenance, source: model.source, ...powers };
}
