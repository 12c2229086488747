import { recordsOf, type ScriptModel } from "../../devices/index.ts";
import type { EnergyReading, LoadName } from "../../energy-db/index.ts";
import type { Measuring } from "../measuring.ts";
import { awaitCalmStep } from "../sampling.ts";
import { meterLogOf } from "./meter-log.ts";
import { energyReading, joinWindows, readWindows, type WindowedEnergy } from "./reading.ts";
import { meterStep } from "./rules.ts";

/**
 * Energy of one inference of each model, by name: separated windows, taken by turns, and more of those around which idle
 * power did not hold still. A model without windows that can be trusted is absent; why goes to `measuring.invalidEnergy`.
 * What the meter showed goes to `measuring.meterLogs`, with each model as the load that `nameOf` says it is.
 */
export async function measureEnergies(
  measuring: Measuring,
  models: readonly ScriptModel[],
  nameOf: (model: string) => LoadName | undefined,
): Promise<ReadonlyMap<string, EnergyReading>> {
  const { energyRules: rules, device } = measuring;
  const { meter } = device.capabilities;
  const found = new Map<string, WindowedEnergy>();
  if (meter.isRecordedApart) {
    // The trace tells, when it is laid over the windows.
    await meterOnce(measuring, models, rules.windows, nameOf);
    return new Map();
  }
  const missing = (name: string): number =>
    rules.windows - settledWindows(found.get(name) ?? joinWindows([]));
  for (let attempt = 0; attempt <= rules.repeats; attempt++) {
    const open = models.filter(({ name }) => missing(name) > 0);
    if (open.length === 0) break;
    const rounds = Math.max(...open.map(({ name }) => missing(name)));
    const record = await meterOnce(measuring, open, rounds, nameOf);
    for (const { name } of open) {
      const read = readWindows(meter, record, name, rules);
      found.set(name, joinWindows([found.get(name) ?? joinWindows([]), read]));
    }
    // A meter that shows nothing at all will not show it to a second try.
    if (open.every(({ name }) => found.get(name)?.loads.length === 0)) break;
  }
  return readingsOf(measuring, found);
}

function readingsOf(
  { invalidEnergy, device }: Measuring,
  found: ReadonlyMap<string, WindowedEnergy>,
): ReadonlyMap<string, EnergyReading> {
  const readings = new Map<string, EnergyReading>();
  for (const [name, windows] of found) {
    const reading = energyReading(windows, device.capabilities.meter);
    if ("gross" in reading) readings.set(name, reading);
    else invalidEnergy.push(...reading.invalid);
  }
  return readings;
}

const settledWindows = ({ loads }: WindowedEnergy): number =>
  loads.filter(({ net_j }) => net_j !== undefined).length;

async function meterOnce(
  measuring: Measuring,
  models: readonly ScriptModel[],
  rounds: number,
  nameOf: (model: string) => LoadName | undefined,
) {
  const { energyRules: rules, instruments } = measuring;
  const names = models.map(({ name }) => name);
  const period_s = instruments.meter?.updatePeriod_s ?? 0;
  const step = meterStep(names, rounds, period_s, rules, measuring.device.capabilities);
  // Neither heat nor others' work is to be in the windows.
  await measuring.awaitConditions();
  const raw = await measuring.measure(models, [awaitCalmStep(measuring.patience), step]);
  const [record] = recordsOf(raw, "meter");
  if (!record) throw new Error("The device answered a metering step without a record");
  measuring.meterLogs.push(meterLogOf(record, nameOf));
  return record;
}
