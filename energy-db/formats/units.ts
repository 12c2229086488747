/** Units of other tools' numbers, as powers of ten of SI. */

export const latencyUnits = { s: 0, ms: -3, us: -6, ns: -9 } as const;
export type LatencyUnit = keyof typeof latencyUnits;

export const energyUnits = { J: 0, mJ: -3, uJ: -6, nJ: -9, pJ: -12 } as const;
export type EnergyUnit = keyof typeof energyUnits;

const powers: Readonly<Record<string, number>> = { ...latencyUnits, ...energyUnits };

/** A number in a unit as SI. The decimal point moves, so that numbers of up to 15 digits come back as they were. */
export const toSi = (value: number, unit: LatencyUnit | EnergyUnit): number =>
  shifted(value, powers[unit] ?? 0);

export const fromSi = (value: number, unit: LatencyUnit | EnergyUnit): number =>
  shifted(value, -(powers[unit] ?? 0));

function shifted(value: number, power: number): number {
  if (power === 0 || !Number.isFinite(value)) return value;
  const [digits, exponent = "0"] = String(value).split("e");
  return Number(`${digits}e${Number(exponent) + power}`);
}
