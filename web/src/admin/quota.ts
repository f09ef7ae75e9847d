// Quotas as people choose them.

const GIB = 1024 ** 3;

/** What is offered; none is no limit. */
export const QUOTAS: (number | null)[] = [null, GIB, 2 * GIB, 5 * GIB, 10 * GIB, 25 * GIB, 50 * GIB, 100 * GIB];

/** The choice of a field: an empty one is no limit. */
export function chosen(value: string): number | null {
  return value === '' ? null : Number(value);
}
