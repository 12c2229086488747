import { version1 } from "./schema/version-1.ts";
import { version2 } from "./schema/version-2.ts";
import { version3 } from "./schema/version-3.ts";
import { version4 } from "./schema/version-4.ts";
import { version5 } from "./schema/version-5.ts";
import { version6 } from "./schema/version-6.ts";
import { version7 } from "./schema/version-7.ts";

/** SQLite's `application_id` of an energy table: "wspl" in ASCII. */
export const applicationId = 0x7773706c;

/** Numbered migrations: entry n leads from version n to n + 1. A released entry is never edited. */
export const migrations: readonly string[] = [
  version1,
  version2,
  version3,
  version4,
  version5,
  version6,
  version7,
];
