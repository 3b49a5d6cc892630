import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../main/random.ts'
import { checkpointFile, type Position, readCheckpoint, writeCheckpoint } from '../../main/trainer/checkpoint.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const position: Position = {
  step: 5,
  tokens: 640,
  seconds: 2.5,
  peakMemoryBytes: 1e8,
  bestValidation: 3.25,
  sinceBest: 1,
  finalLoss: 3.5,
}
const random = seeded('checkpoint')
const array = (length: number): Float32Array => Float32Array.from({ length }, () => random.next() - 0.5)
const arrays = [6, 6, 6, 35, 35, 35, 6, 35].map(array)

describe('a checkpoint', () => {
  it('gives back what was written, with the best values or without', () => {
    const folder = temporaryFolder()
    for (const kept of [arrays, arrays.slice(0, 6)]) {
      writeCheckpoint(folder, { position, arrays: kept })
      expect(readCheckpoint(folder, [6, 35])).toEqual({ position, arrays: kept })
    }
  })

  it('is refused with any one of its bytes changed', () => {
    const folder = temporaryFolder()
    writeCheckpoint(folder, { position, arrays })
    const whole = readFileSync(checkpointFile(folder))
    for (let at = 0; at < whole.length; at += 3) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] as number) ^ (1 << random.below(8))
      writeFileSync(checkpointFile(folder), changed)
      expect(() => readCheckpoint(folder, [6, 35]), `byte ${at}`).toThrow(/is damaged/)
    }
  })

  it('is refused cut off anywhere, or with more behind it', () => {
    const folder = temporaryFolder()
    writeCheckpoint(folder, { position, arrays })
    const whole = readFileSync(checkpointFile(folder))
    for (let length = whole.length - 1; length >= 0; length -= 7) {
      truncateSync(checkpointFile(folder), length)
      expect(() => readCheckpoint(folder), `${length} bytes`).toThrow(/is damaged/)
    }
    writeFileSync(checkpointFile(folder), Buffer.concat([whole, Buffer.alloc(4)]))
    expect(() => readCheckpoint(folder)).toThrow(/is damaged: \d+ bytes are claimed/)
  })
})
