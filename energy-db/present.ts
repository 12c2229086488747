/** An object with the key, or without it where the database has nothing. */
export const present = <K extends string, T>(key: K, value: T | null): { readonly [P in K]?: T } =>
  value === null ? {} : ({ [key]: value } as { [P in K]: T });
