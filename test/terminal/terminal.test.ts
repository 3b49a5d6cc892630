import { expect, it } from 'vitest'
import { seconds } from '../../main/terminal/terminal.ts'

it.each([
  [2.34, '2.3 s'],
  [89, '89 s'],
  [119.6, '2 min 0 s'],
  [125.2, '2 min 5 s'],
])('a time of %s seconds is rounded before it is cut into minutes: %s', (value, said) => {
  expect(seconds(value)).toBe(said)
})
