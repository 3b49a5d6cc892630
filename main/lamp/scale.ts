/** Numbers to places on an axis, and round numbers to label it with. Knows no drawing. */

export interface Scale {
  /** Place of a value, in the units of the range. */
  at(value: number): number
  /** Round values inside the domain, ascending. */
  ticks: number[]
}

/** About `count` steps of 1, 2 or 5 times a power of ten across [low, high], both ends inside the first and last. */
export function roundSteps(low: number, high: number, count: number): number[] {
  if (!(high > low)) throw new RangeError(`an axis from ${low} to ${high} has no length`)
  const rough = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1)
  const first = Math.floor(low / step + 1e-9)
  const last = Math.ceil(high / step - 1e-9)
  // Multiples of a whole number, so that 3 steps of .1 are .3 as near as a double can be.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

/** Linear; the domain is widened to the round steps around it. */
export function linearScale([low, high]: [number, number], [from, to]: [number, number], count = 5): Scale {
  const ticks = roundSteps(low, high, count)
  const first = ticks[0] as number
  const last = ticks.at(-1) as number
  return { ticks, at: (value) => from + ((value - first) / (last - first)) * (to - from) }
}

/**
 * Logarithmic, for values above 0, widened by a quarter of the way to the next factor of two at each end. Ticks are
 * powers of ten, with 2 and 5 times them where fewer than three powers fit.
 */
export function logScale([low, high]: [number, number], [from, to]: [number, number]): Scale {
  if (!(low > 0 && high >= low)) throw new RangeError(`a logarithmic axis from ${low} to ${high}`)
  const first = Math.log10(low) - 0.075
  const last = Math.log10(high) + 0.075
  const inside = (factors: number[]): number[] => {
    const ticks: number[] = []
    for (let power = Math.floor(first); power <= Math.ceil(last); power++) {
      for (const factor of factors) {
        const place = power + Math.log10(factor)
        if (place >= first && place <= last) ticks.push(Number((factor * 10 ** power).toPrecision(12)))
      }
    }
    return ticks
  }
  const powers = inside([1])
  const ticks = powers.length >= 3 ? powers : inside([1, 2, 5])
  return { ticks, at: (value) => from + ((Math.log10(value) - first) / (last - first)) * (to - from) }
}
