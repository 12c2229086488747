import { openTable } from "../../energy-db/index.ts";

/** Run as a program: upgrades the table named by its argument. */
process.stdout.write("upgrading\n");
openTable(process.argv[2] ?? "", { mode: "write" }).close();
process.stdout.write("upgraded\n");
