import type { EnergyTable } from "../table.ts";

/** Power drawn while kernels of an operation run: kernel energy = time x power. */
export interface Powers {
  /** Watts while no more specific operation is listed. */
  readonly power_w: number;
  readonly powerByOp_w: Readonly<Record<string, number>>;
  /** Half a 95 % interval of the energy of a network whose time was measured, as a fraction; 0 for an assumption. */
  readonly relativeHalfWidth: number;
  /** The same of one whose time is predicted: that it may take another is in it. Absent in older models. */
  readonly predictedHalfWidth?: number;
}

/** Gross powers of a platform, and those above idle where idle power was metered. */
export interface EnergyModel extends Powers {
  readonly provenance: "measured" | "derived" | "modelled" | "simulated";
  /** Meter id, or "assumed" for --assume-power. */
  readonly source: string;
  readonly net?: Powers | undefined;
}

/** Version 1 of the schema had one form of powers, and so has version 2. */
const form = "version-1-powers";
type PowersDocument = Omit<EnergyModel, "provenance" | "source"> & { readonly form: typeof form };

export function storeEnergyModel(
  table: EnergyTable,
  platformId: number,
  space: string,
  { provenance, source, ...powers }: EnergyModel,
): void {
  const document: PowersDocument = { form, ...powers };
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
  if (!model || document?.form !== form) return undefined;
  const { form: _, ...powers } = document;
  return { provenance: model.provenance, source: model.source, ...powers };
}
