import { expect, it } from 'vitest'
import { oncePressed } from '../main/interrupts.ts'

it('takes signals that follow each other at once, and a key that is held down, for one press', () => {
  let pressed = 0
  let now = 1000
  const hear = oncePressed(
    () => {
      pressed += 1
    },
    () => now,
  )
  hear()
  now += 2
  hear()
  expect(pressed).toBe(1)
  for (let held = 0; held < 20; held++) {
    now += 33
    hear()
  }
  expect(pressed).toBe(1)
  now += 301
  hear()
  expect(pressed).toBe(2)
})
