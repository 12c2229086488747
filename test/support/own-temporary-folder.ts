import { mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

// Locks of devices stand in the system's temporary folder: test files that run side by side must not wait for each other.
const name = "wattsplit-test-";
const system = tmpdir().includes(name) ? dirname(tmpdir()) : tmpdir();
const folder = mkdtempSync(join(system, name));
process.env.TMPDIR = folder;

// tsx keeps there what it has compiled: processes that tests start need not compile it again.
const compiled = `tsx-${process.geteuid?.()}`;
mkdirSync(join(system, compiled), { recursive: true });
symlinkSync(join(system, compiled), join(folder, compiled), "junction");
