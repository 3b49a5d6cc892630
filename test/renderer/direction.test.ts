import { expect, it } from 'vitest'
import { directionOf } from '../../renderer/lib/direction.ts'

it('goes by the first letter', () => {
  expect(directionOf('')).toBe('ltr')
  expect(directionOf('“1984” and שלום')).toBe('ltr')
  expect(directionOf('# 12. שלום and more')).toBe('rtl')
  expect(directionOf('🌊 مرحبا')).toBe('rtl')
})
