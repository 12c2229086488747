import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Locks of devices stand in the system's temporary folder: test files that run side by side must not wait for each other.
process.env.TMPDIR = mkdtempSync(join(tmpdir(), "wattsplit-test-"));
