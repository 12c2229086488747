import { recordsOf, type ScriptModel } from "../../devices/index.ts";
import type { EnergyReading } from "../../energy-db/index.ts";
import type { Measuring } from "../measuring.ts";
import { energyReading, joinWindows, readWindows, type WindowedEnergy } from "./reading.ts";
import { meterStep } from "./rules.ts";

/**
 * Energy of one inference of a model: separated windows, and more of them while idle power did not hold still around
 * some. A reading without windows that could be trusted is absent; its reasons go to `measuring.invalidEnergy`.
 */
export async function measureEnergy(
  measuring: Measuring,
  model: ScriptModel,
): Promise<EnergyReading | undefined> {
  const { energyRules: rules, device, instruments } = measuring;
  const { meter } = device.capabilities;
  const updatePeriod_s = instruments.meter?.updatePeriod_s ?? 0;
  const parts: WindowedEnergy[] = [];
  const settled = (): number =>
    joinWindows(parts).loads.filter(({ net_j }) => net_j !== undefined).length;
  for (let attempt = 0; attempt <= rules.repeats && settled() < rules.windows; attempt++) {
    const step = meterStep(model.name, rules.windows - settled(), updatePeriod_s, rules);
    const [record] = recordsOf(await measuring.measure([model], [step]), "meter");
    if (record) parts.push(readWindows(meter, record, rules));
    // A meter that shows nothing at all will not show it to a second try.
    if (joinWindows(parts).loads.length === 0) break;
  }
  const reading = energyReading(joinWindows(parts), meter);
  if ("gross" in reading) return reading;
  measuring.invalidEnergy.push(...reading.invalid);
  return undefined;
}
