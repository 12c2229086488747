import type { Files } from "../files.ts";

/** Of sensors whose driver does not tell how often they are updated, s: most take some tens of milliseconds. */
const usualPeriod_s = 0.05;

/** How often a sensor of hwmon is updated, s: conversion times averages, as its driver tells in milliseconds. */
export function sensorPeriod(files: Files, folder: string): number {
  const interval_ms = readNumber(files, `${folder}/update_interval`);
  return interval_ms ? interval_ms / 1e3 : usualPeriod_s;
}

/** What drivers write for "not known": the least 32-bit number. */
const unknownValue = -(2 ** 31);

/** A number that a file holds; undefined where it cannot be read, is none, or stands for "not known". */
export function readNumber(files: Files, path: string): number | undefined {
  const text = files.readText(path)?.trim();
  if (!text || !/^-?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value === unknownValue ? undefined : value;
}
