// Prices on one straight scale. Money is bigint to the end; only a place on the screen is a number.

export interface Scale {
  low: bigint
  high: bigint
}

/** From the least to the most of all prices, with a little room at both ends. */
export function scaleOf(prices: (bigint | undefined)[]): Scale | undefined {
  const known = prices.filter((price): price is bigint => price !== undefined)
  if (known.length === 0) return undefined
  const low = known.reduce((a, b) => (b < a ? b : a))
  const high = known.reduce((a, b) => (b > a ? b : a))
  const room = (high - low) / 20n || high / 20n || 100n
  return { low: low > room ? low - room : 0n, high: high + room }
}

/** Percent of the way along the scale. */
export function place({ low, high }: Scale, price: bigint): number {
  if (high <= low) return 50
  const share = Number(((price - low) * 100_000n) / (high - low)) / 1000
  return Math.min(100, Math.max(0, share))
}

/** How far a price is from another one, in basis points; undefined without a base. */
export function deviation(price: bigint, base: bigint): number | undefined {
  return base === 0n ? undefined : Number(((price - base) * 10_000n) / base)
}
