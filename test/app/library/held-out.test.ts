import { expect, test } from 'vitest'
import { ownLike } from '../../../main/app/library/held-out.ts'

test('the owner’s own text is shown as long as the other, in scripts with and without spaces', () => {
  const english = 'It rained all day. Nobody came to the pier. '.repeat(20)
  expect(ownLike(english, 'one two three four five six seven eight nine ten')).toBe(
    'It rained all day. Nobody came to the pier.',
  )
  const japanese = '今日は港へ行きました。'.repeat(40)
  expect(ownLike(japanese, '昨日は山へ登りました。'.repeat(2))).toBe('今日は港へ行きました。'.repeat(2))
  expect(ownLike('短い文。', '昨日は山へ登りました。')).toBe('短い文。')
})
