import type { Database } from "better-sqlite3";
import { type Kernel, kernelFamily, kernelKey, windowOf } from "../src/network/kernel.ts";
import { idOf } from "./id-of.ts";
import { statement } from "./statements.ts";

/** The id of the kernel's one row. */
export function ensureKernel(database: Database, kernel: Kernel): number {
  const key = kernelKey(kernel);
  statement<object>(
    database,
    `insert into kernels (key, family, op, batch, in_height, in_width, in_channels, out_channels,
       kernel_size, kernel_width, stride, stride_width, groups, padding, variant, dtype)
     values (@key, @family, @op, @batch, @inHeight, @inWidth, @inChannels, @outChannels,
       @kernelSize, @kernelWidth, @stride, @strideWidth, @groups, @padding, @variant, @dtype)
     on conflict do nothing`,
  ).run({ kernelWidth: null, strideWidth: null, ...kernel, key, family: kernelFamily(kernel) });
  return idOf(database, "kernels", key);
}

const caches = new WeakMap<Database, Map<number, Kernel>>();

/** The kernel of a row, one object for all measurements of it: rows of kernels never change. */
export function kernelById(database: Database, id: number): Kernel {
  const cache = caches.get(database) ?? new Map<number, Kernel>();
  caches.set(database, cache);
  const known = cache.get(id);
  if (known) return known;
  const row = statement<[number], KernelColumns>(
    database,
    "select * from kernels where id = ?",
  ).get(id);
  if (!row) throw new Error(`No kernel ${id}`);
  const kernel = kernelOf(row);
  cache.set(id, kernel);
  return kernel;
}

/** Columns of the kernels table. */
interface KernelColumns {
  readonly op: Kernel["op"];
  readonly batch: number;
  readonly in_height: number;
  readonly in_width: number;
  readonly in_channels: number;
  readonly out_channels: number;
  readonly kernel_size: number;
  /** Absent from files of version 3 and older, null where it is the window's height. */
  readonly kernel_width?: number | null;
  readonly stride: number;
  readonly stride_width?: number | null;
  readonly groups: number;
  readonly padding: Kernel["padding"];
  readonly variant: Kernel["variant"];
  readonly dtype: Kernel["dtype"];
}

const kernelOf = (row: KernelColumns): Kernel => ({
  op: row.op,
  batch: row.batch,
  inHeight: row.in_height,
  inWidth: row.in_width,
  inChannels: row.in_channels,
  outChannels: row.out_channels,
  ...windowOf({
    kernelSize: row.kernel_size,
    kernelWidth: row.kernel_width ?? row.kernel_size,
    stride: row.stride,
    strideWidth: row.stride_width ?? row.stride,
  }),
  groups: row.groups,
  padding: row.padding,
  variant: row.variant,
  dtype: row.dtype,
});
