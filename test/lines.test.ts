import { appendFileSync, closeSync, openSync, readFileSync, readSync, statSync, truncateSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { appendLines, readLines } from '../main/lines.ts'
import { temporaryFolder } from './helpers/temporary.ts'

const root = temporaryFolder()
const line = z.object({ n: z.number() })

it('a line that a kill has torn is ended before the next, and counts as not written', () => {
  const file = path.join(root, 'torn.jsonl')
  appendLines(file, [{ n: 1 }, { n: 2 }])
  appendLines(file, [{ n: 3 }])
  truncateSync(file, statSync(file).size - 3)
  appendLines(file, [{ n: 4 }])
  appendLines(file, [{ n: 5 }])
  expect(readLines(file, line).map(({ n }) => n)).toEqual([1, 2, 4, 5])
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(6)
})

it('adds to a file longer than a text can be, which it does not read', () => {
  const file = path.join(root, 'long.jsonl')
  appendFileSync(file, '')
  // Sparse: it takes no room.
  truncateSync(file, 600_000_000)
  appendLines(file, [{ n: 1 }])
  appendLines(file, [{ n: 2 }])
  const end = Buffer.alloc(17)
  const descriptor = openSync(file, 'r')
  readSync(descriptor, end, 0, end.length, statSync(file).size - end.length)
  closeSync(descriptor)
  expect(end.toString()).toBe('\n{"n":1}\n{"n":2}\n'.slice(-17))
})
