/**
 * The small protocol's base line: SmolLM2-135M-Instruct Q4_1 on the first queries of a real user, article cut to 160
 * tokens, against Transformers on the dequantized file (shared/method.md). The smallest user only, since a test run is
 * to be short; of the others, 2026-11-23, 30 queries at most: digitalgov:bbrantley 4.481 (reference 4.487),
 * nullprogram:skeeto 4.110 (4.108).
 */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPromptBuilder } from '../../main/examples/prompt.ts'
import { openBase } from '../../main/inference/base.ts'
import type { Base } from '../../main/inference/types.ts'
import { lampExamples, lampHistory } from '../../main/lamp/examples.ts'
import { readLampFile } from '../../main/lamp/file.ts'
import { runLamp } from '../../main/lamp/run.ts'
import type { LampFile } from '../../main/lamp/types.ts'
import { SHARED, SMOLLM } from '../helpers/models.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

describe.skipIf(SHARED === null || SMOLLM === null)('the small protocol (../shared, SmolLM2)', () => {
  const id = 'ropensci:maelle-salmon'
  const out = temporaryFolder()
  let base: Base
  let file: LampFile
  beforeAll(async () => {
    base = await openBase(SMOLLM as string, { threads: 2 })
    file = readLampFile(path.join(SHARED as string, 'data', 'lamp', 'headline.json'))
  })
  afterAll(() => base?.dispose())

  it("has the reference's token ids: the plain prompt, a space and the title, the end token, no begin token", () => {
    const user = file.users.find((one) => one.id === id) as LampFile['users'][number]
    const examples = lampExamples(user, createPromptBuilder(base), { maxInput: 160 })
    expect(examples).toHaveLength(32)
    for (const [i, { input, answer }] of lampHistory(user).entries()) {
      const article = base.detokenize(base.tokenize(input).slice(0, 160))
      const prompt = base.tokenize(`Generate a headline for the following article.\narticle: ${article}\nheadline:`)
      const tokens = [...prompt, ...base.tokenize(` ${answer}`), ...base.tokenize('<|im_end|>', true)]
      expect([...(examples[i]?.tokens ?? [])]).toEqual(tokens)
      expect(examples[i]?.answerFrom).toBe(prompt.length)
    }
  })

  it("has the reference's base NLL within 1%", { timeout: 300_000 }, async () => {
    const { users } = await runLamp({
      base,
      file,
      builder: createPromptBuilder(base),
      users: [id],
      methods: ['base'],
      queries: 30,
      out,
      train: () => Promise.reject(new Error('nothing is to be trained')),
    })
    expect(users[id]?.methods.base?.queries).toBe(6)
    expect((users[id]?.methods.base?.nll ?? 0) / 4.341).toBeGreaterThan(0.99)
    expect((users[id]?.methods.base?.nll ?? 0) / 4.341).toBeLessThan(1.01)
  })
})
