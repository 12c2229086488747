import { type DeviceOptions, devicesFolder } from "../../../../devices/index.ts";
import type { CommandContext } from "../context.ts";

/** Where a command finds the user's devices, and where news of their connections go. */
export const deviceSurroundings = ({
  env,
  terminal,
  signal,
}: CommandContext): Pick<DeviceOptions, "folder" | "onNotice" | "signal"> => ({
  signal,
  folder: devicesFolder(env),
  onNotice: (notice) => terminal.note(notice),
});
