/** Another tool's table: a convolution whose cost steps every 32 output channels. */
export const steppedTable = {
  format: "wattsplit-foreign-tables",
  version: 1,
  tables: [
    {
      device: "pixel3",
      dialect: "any",
      units: { latency: "ms" },
      details: {},
      rows: Array.from({ length: 24 }, (_, i) => ({
        key: `conv-${8 * (i + 1)}`,
        op: "conv2d",
        shape: { height: 8, width: 8 },
        inChannels: 8,
        outChannels: 8 * (i + 1),
        latency_s: 1e-3 * Math.ceil((i + 1) / 4),
      })),
    },
  ],
};
