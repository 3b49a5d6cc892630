import { GgufFileType } from 'node-llama-cpp'
import { expect, it } from 'vitest'
import { FILE_TYPES } from '../../main/inference/gguf-file.ts'

it('names every file type as llama.cpp does', () => {
  const theirs = Object.entries(GgufFileType)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .sort(([, a], [, b]) => a - b)
    .map(([name]) => name.replace(/^(ALL|MOSTLY)_/, ''))
  expect(FILE_TYPES).toEqual(theirs)
})
