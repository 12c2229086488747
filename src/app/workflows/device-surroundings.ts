import { type DeviceOptions, devicesFolder } from "../../../devices/index.ts";
import type { WorkContext } from "./work-context.ts";

/** Where a command finds the user's devices, and where news of their connections go. */
export const deviceSurroundings = ({
  env,
  terminal,
  signal,
}: WorkContext): Pick<DeviceOptions, "folder" | "onNotice" | "signal"> => ({
  signal,
  folder: devicesFolder(env),
  onNotice: (notice) => terminal.note(notice),
});
