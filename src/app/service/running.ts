import type { EnergyTable } from "../../../energy-db/index.ts";

/** A session that is measuring now. */
export interface RunningSession {
  readonly id: number;
  readonly platform: number;
  readonly device: string;
  readonly space: string;
  readonly kind: string;
  readonly startedAt: string;
  readonly planned: number;
  readonly measured: number;
  readonly loads: number;
  readonly drifted: number;
}

/** A session without a row for this long has been stopped or killed: none says goodbye when it is killed. */
const silence_ms = 3 * 60_000;

/** Sessions that have not ended and have written lately. */
export function runningSessions(table: EnergyTable, now_ms: number): readonly RunningSession[] {
  return table.platforms().flatMap(({ id: platform, device }) =>
    table
      .sessions(platform)
      .filter(({ finishedAt }) => finishedAt === undefined)
      .flatMap(({ id, space, kind, startedAt }) => {
        const progress = table.sessionProgress(id);
        if (!progress || now_ms - Date.parse(progress.lastAt ?? startedAt) > silence_ms) return [];
        const { planned, measured, loads, drifted } = progress;
        return [
          { id, platform, device, space, kind, startedAt, planned, measured, loads, drifted },
        ];
      }),
  );
}
