import { expect, it } from 'vitest'
import type { Tokenizer } from '../../main/inference/types.ts'
import { tokenizerOf } from '../../main/terminal/lamp-session.ts'

it('a session’s tokenizer is that of the base that is open', () => {
  const base = (sign: number): Tokenizer => ({
    tokenize: () => Int32Array.of(sign),
    detokenize: () => `${sign}`,
    endToken: 0,
  })
  let open = base(1)
  const tokenizer = tokenizerOf(() => open)
  open = base(2)
  expect([...tokenizer.tokenize('x')]).toEqual([2])
  expect(tokenizer.detokenize(Int32Array.of(9))).toBe('2')
})
