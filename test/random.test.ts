import { expect, test } from 'vitest'
import { seeded, shuffle } from '../main/random.ts'

const draw = (name: string, n = 50): number[] => {
  const random = seeded(name)
  return Array.from({ length: n }, () => random.next())
}

test('a name repeats its numbers, another gives others, all within 0..1', () => {
  expect(draw('5')).toEqual(draw('5'))
  expect(draw('5')).not.toEqual(draw('6'))
  expect(draw('5/a')).not.toEqual(draw('5/b'))
  expect(draw('5').every((value) => value >= 0 && value < 1)).toBe(true)
})

test('the numbers are spread evenly, and streams of names that differ by one digit have nothing in common', () => {
  const cells = new Array<number>(16).fill(0)
  const n = 16_000
  for (const value of draw('even', n)) cells[Math.floor(value * 16)] = (cells[Math.floor(value * 16)] ?? 0) + 1
  // Chi squared with 15 degrees of freedom exceeds 44 once in ten thousand seeds.
  const chi = cells.reduce((sum, count) => sum + (count - n / 16) ** 2 / (n / 16), 0)
  expect(chi).toBeLessThan(44)
  const [a, b] = [draw('run/1', n), draw('run/2', n)]
  const correlation = a.reduce((sum, value, i) => sum + (value - 0.5) * ((b[i] ?? 0) - 0.5), 0) / (n / 12)
  expect(Math.abs(correlation)).toBeLessThan(0.04)
})

test('shuffling keeps every item and leaves no place to one of them', () => {
  const places = new Set<number>()
  for (let seed = 0; seed < 100; seed++) {
    const dealt = shuffle([0, 1, 2, 3, 4], seeded(String(seed)))
    expect([...dealt].sort()).toEqual([0, 1, 2, 3, 4])
    places.add(dealt.indexOf(0))
  }
  expect(places.size).toBe(5)
})
