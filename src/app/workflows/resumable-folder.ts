import { UserError } from "../../errors.ts";

/** How far the work in a folder has come. */
export interface FolderState {
  /** What it holds: "search" or "training". */
  readonly kind: string;
  readonly isUnderWay: boolean;
  readonly isFinished: boolean;
}

/** Throws a UserError where the folder holds such work and resuming was not asked for, or the reverse. */
export function checkResumable(
  folder: string,
  { kind, isUnderWay, isFinished }: FolderState,
  { resume }: { readonly resume: boolean },
): void {
  if (isFinished && !isUnderWay)
    throw folderRefusal(`${folder} holds a finished ${kind}`, "Give another --out folder.");
  if (isUnderWay && !resume)
    throw folderRefusal(
      `${folder} holds an unfinished ${kind}`,
      "Add --resume to go on with it, or give another --out folder.",
    );
  if (resume && !isUnderWay)
    throw folderRefusal(
      `${folder} holds no unfinished ${kind} to resume`,
      "Leave --resume out to start one.",
    );
}

/** A folder that is not what was asked for. */
export const folderRefusal = (message: string, hint: string): UserError =>
  new UserError(message, { hint, exit: "usage" });
