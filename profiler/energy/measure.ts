import { recordsOf, type ScriptModel } from "../../devices/index.ts";
import type { EnergyReading } from "../../energy-db/index.ts";
import type { Measuring } from "../measuring.ts";
import { energyReading, joinWindows, readWindows, type WindowedEnergy } from "./reading.ts";
import { meterStep } from "./rules.ts";

/**
 * Energy of one inference of each model, by name: separated windows, taken by turns, and more of those around which idle
 * power did not hold still. A model without windows that can be trusted is absent; why goes to `measuring.invalidEnergy`.
 */
export async function measureEnergies(
  measuring: Measuring,
  models: readonly ScriptModel[],
): Promise<ReadonlyMap<string, EnergyReading>> {
  const { energyRules: rules, device } = measuring;
  const { meter } = device.capabilities;
  const found = new Map<string, WindowedEnergy>();
  const missing = (name: string): number =>
    rules.windows - settledWindows(found.get(name) ?? joinWindows([]));
  for (let attempt = 0; attempt <= rules.repeats; attempt++) {
    const open = models.filter(({ name }) => missing(name) > 0);
    if (open.length === 0) break;
    const rounds = Math.max(...open.map(({ name }) => missing(name)));
    const record = await meterOnce(measuring, open, rounds);
    for (const { name } of open) {
      const read = readWindows(meter, record, name, rules);
      found.set(name, joinWindows([found.get(name) ?? joinWindows([]), read]));
    }
    // A meter that shows nothing at all will not show it to a second try.
    if (open.every(({ name }) => found.get(name)?.loads.length === 0)) break;
  }
  const readings = new Map<string, EnergyReading>();
  for (const [name, windows] of found) {
    const reading = energyReading(windows, meter);
    if ("gross" in reading) readings.set(name, reading);
    else measuring.invalidEnergy.push(...reading.invalid);
  }
  return readings;
}

const settledWindows = ({ loads }: WindowedEnergy): number =>
  loads.filter(({ net_j }) => net_j !== undefined).length;

async function meterOnce(measuring: Measuring, models: readonly ScriptModel[], rounds: number) {
  const { energyRules: rules, instruments } = measuring;
  const names = models.map(({ name }) => name);
  const period_s = instruments.meter?.updatePeriod_s ?? 0;
  const step = meterStep(names, rounds, period_s, rules, measuring.device.capabilities);
  const [record] = recordsOf(await measuring.measure(models, [step]), "meter");
  if (!record) throw new Error("The device answered a metering step without a record");
  return record;
}
