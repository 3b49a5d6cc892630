/**
 * A prompt-tuned voice laid in front of a sequence: what its learned rows left in the attention's cache is put there
 * through the library's public way of loading a sequence's state, and the text follows at position n. No other way is
 * open: a sequence takes token ids, and the learned rows are no token's.
 *
 * Exact up to two roundings: the cache holds F16 (as it does for every token), and the keys and values were computed
 * with the trainer's form of the weights, not with llama.cpp's.
 *
 * The state's file is llama.cpp's own and says how its cache is laid out (values by rows or by columns, one cache or
 * one more for blocks with a window). So as many tokens as the prefix has rows are read, the state is saved, and the
 * numbers in it are replaced: what is loaded back has the very layout of this context.
 * Format: `llama_kv_cache::state_write` of the release that node-llama-cpp brings.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { LlamaContextSequence, Token } from 'node-llama-cpp'
import { prefixOfVoice, promptKeys, promptValues } from '../adapters/array-voice.ts'
import type { VoiceFile } from '../adapters/voice-file.ts'
import { IdiolectError } from '../errors.ts'
import { readTensor } from '../gguf/read.ts'

export interface Prefix {
  /** Positions that it takes. */
  length: number
  /** Makes the sequence hold the prefix and nothing else. */
  load(): Promise<void>
  dispose(): void
}

const F16 = 1

/**
 * @param windowed for each block, whether it has a window; llama.cpp keeps such blocks in a cache of their own
 * @throws IdiolectError `VoiceUnfit` when the cache is not laid out as known here
 */
export async function openPrefix(
  sequence: LlamaContextSequence,
  voice: VoiceFile,
  windowed: readonly boolean[],
): Promise<Prefix> {
  const length = prefixOfVoice(voice)
  const file = path.join(os.tmpdir(), `idiolect-prefix-${randomUUID()}.state`)
  const dispose = (): void => rmSync(file, { force: true })
  try {
    await sequence.evaluateWithoutGeneratingNewTokens(Array.from({ length }, () => 0 as Token))
    await sequence.saveStateToFile(file)
    const state = readFileSync(file)
    fillState(state, voice, length, windowed)
    writeFileSync(file, state)
  } catch (error) {
    dispose()
    throw error
  }
  const load = async (): Promise<void> => {
    await sequence.clearHistory()
    await sequence.loadStateFromFile(file, { acceptRisk: true })
  }
  await load()
  return { length, load, dispose }
}

/** Replaces the keys and values in a saved state of `length` tokens by the voice's. */
function fillState(state: Buffer, voice: VoiceFile, length: number, windowed: readonly boolean[]): void {
  let at = 0
  const unfit = (what: string): IdiolectError =>
    new IdiolectError(
      'VoiceUnfit',
      `The voice ${voice.file} cannot be laid in front of a text: ${what}`,
      'Train a LoRA instead.',
    )
  const uint32 = (): number => {
    if (at + 4 > state.length) throw unfit('the saved cache ends early')
    at += 4
    return state.readUInt32LE(at - 4)
  }
  const expect = (what: string, found: number, wanted: number): void => {
    if (found !== wanted) throw unfit(`the saved cache has ${found} as ${what} instead of ${wanted}`)
  }
  const put = (data: Buffer): void => {
    if (at + data.length > state.length) throw unfit('the saved cache ends early')
    data.copy(state, at)
    at += data.length
  }
  const numbers = (name: string): Buffer => {
    if (!voice.gguf.tensors.has(name)) throw unfit(`it has no ${name}`)
    return readTensor(voice.gguf, name)
  }

  at += 8 // magic, version
  expect('tokens', uint32(), length)
  at += 4 * length
  const blocks = Array.from(windowed.keys())
  const caches = windowed.some(Boolean)
    ? [blocks.filter((block) => !windowed[block]), blocks.filter((block) => windowed[block])]
    : [blocks]
  for (const cache of caches) {
    expect('streams', uint32(), 1)
    expect('cells', uint32(), length)
    for (let cell = 0; cell < length; cell++) {
      expect('a position', uint32(), cell)
      expect('sequences', uint32(), 1)
      at += 4
    }
    const transposed = uint32() === 1
    expect('blocks', uint32(), cache.length)
    for (const block of cache) {
      const data = numbers(promptKeys(block))
      expect("the keys' type", uint32(), F16)
      expect("a key's bytes", uint32() + uint32() * 2 ** 32, data.length / length)
      put(data)
    }
    for (const block of cache) {
      const data = numbers(promptValues(block))
      expect("the values' type", uint32(), F16)
      if (transposed) expect("a value's bytes", uint32(), 2)
      const width = transposed ? uint32() * 2 : uint32() + uint32() * 2 ** 32
      expect("a row of values' bytes", width, data.length / length)
      put(transposed ? columns(data, length) : data)
    }
  }
  expect('bytes', state.length, at)
}

/** Rows of F16 numbers, as many as `length`, written column by column. */
function columns(rows: Buffer, length: number): Buffer {
  const out = Buffer.alloc(rows.length)
  const width = rows.length / 2 / length
  for (let row = 0; row < length; row++) {
    for (let i = 0; i < width; i++)
      rows.copy(out, (i * length + row) * 2, (row * width + i) * 2, (row * width + i + 1) * 2)
  }
  return out
}
