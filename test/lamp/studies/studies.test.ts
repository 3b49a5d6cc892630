/**
 * Studies over a base and a trainer that follow rules, so that every row can be foretold; the machinery between them
 * (runs, folders, pairs, intervals, files) is the real one.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Base } from '../../../main/inference/types.ts'
import type { LampProgress, TrainVoice } from '../../../main/lamp/options.ts'
import { derangement, formatted } from '../../../main/lamp/studies/formats.ts'
import { studyLines } from '../../../main/lamp/studies/report.ts'
import { settingFolder } from '../../../main/lamp/studies/run.ts'
import { runStudy, type StudyOptions } from '../../../main/lamp/studies/run-study.ts'
import type { StudyName, StudyRow } from '../../../main/lamp/studies/study.ts'
import type { LampFile, LampUser } from '../../../main/lamp/types.ts'
import type { TrainSettings } from '../../../main/trainer/types.ts'
import { decode, fakeBase, fakeBuilder } from '../../evaluation/fake-base.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const root = temporaryFolder()
let folder: string
let out: string
let count = 0
beforeEach(() => {
  folder = path.join(root, `${count++}`)
  out = path.join(folder, 'study')
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'base.gguf'), 'the base')
})

const SIZES = { ann: 12, bob: 7, cem: 12 }
const file: LampFile = {
  file: 'made.json',
  task: 'headline',
  notes: [],
  users: Object.entries(SIZES).map(
    ([id, items]): LampUser => ({
      id,
      task: 'headline',
      profile: Array.from({ length: items }, (_, n) => ({
        id: `${id} ${n}`,
        text: `${id} wrote item${n}`,
        title: `T${n}`,
        answer: `T${n}`,
        date: `2024-01-${10 + n}`,
      })),
      // Of four queries one repeats an item of the history, one nothing of it.
      queries: ['ann bob cem', `${id} wrote`, `${id} wrote item${items - 1} twice`, 'zebra'].map((input, n) => ({
        id: `${id} q${n}`,
        input,
        gold: `GOLD${n}`,
        date: null,
      })),
    }),
  ),
}

interface Trained {
  user: string
  texts: string[]
  settings: TrainSettings
  under: boolean
}

/** A voice's file says whose it is and what it was trained on; it gains a hundredth of a nat an item. */
function setUp(more: Partial<StudyOptions> = {}) {
  const trained: Trained[] = []
  const base = fakeBase(path.join(folder, 'base.gguf'), (prompt, _answer, voice) => {
    const { items = 0, rank = 0 } = voice?.includes('items')
      ? (JSON.parse(voice.slice(voice.lastIndexOf('{'))) as { items: number; rank: number })
      : {}
    return 4 - 0.01 * items - 0.001 * rank - (voice !== null && prompt.includes('item') ? 0.5 : 0)
  })
  const train: TrainVoice = async (examples, _validation, settings, runFolder, { user, under }) => {
    trained.push({ user, texts: examples.map(({ tokens }) => decode(tokens)), settings, under: under !== undefined })
    mkdirSync(runFolder, { recursive: true })
    const voiceFile = path.join(runFolder, 'voice.gguf')
    writeFileSync(voiceFile, JSON.stringify({ user, items: examples.length, rank: settings.rank }))
    const facts = { steps: 2, tokens: 90, seconds: 3, tokensPerSecond: 30, peakMemoryBytes: 5, finalLoss: 1 }
    return { voiceFile, ...facts, bestValidation: null }
  }
  const run = (name: StudyName, extra: Partial<StudyOptions> = {}) =>
    runStudy(name, {
      options: { base, file, builder: fakeBuilder, train, trainPrompts: 'plain', maxInput: 40 },
      tokenizer: base,
      out,
      baseName: 'fake',
      numbersOf: (voice) => 1000 * (JSON.parse(readFileSync(voice, 'utf8')) as { rank: number }).rank,
      ...more,
      ...extra,
    })
  return { base, train, trained, run }
}

const brief = (rows: StudyRow[]) =>
  rows.map(({ series, setting, gain }) => ({ series, setting, gain: Number(gain.mean.toFixed(4)), users: gain.users }))

describe('activity', () => {
  const activity = { levels: [5, 10] }
  // Rank 8 gives .008, and one query in four has the word that gains half a nat.
  const gainOf = (items: number) => Number((0.01 * items + 0.008 + 0.125).toFixed(4))

  it('gives the voice the last items alone, of the users who have more than that', async () => {
    const { run, trained } = setUp()
    const { study } = await run('activity', { activity })
    expect(brief(study.rows)).toEqual([
      { series: 'voice', setting: '5', gain: gainOf(5), users: 3 },
      { series: 'voice', setting: '10', gain: gainOf(10), users: 2 },
      { series: 'voice', setting: 'all', gain: gainOf((12 + 7 + 12) / 3), users: 3 },
    ])
    expect(trained[0]?.texts).toEqual([7, 8, 9, 10, 11].map((n) => `ann wrote item${n}>T${n}\0`))
    const [five, ten, all] = study.rows as [StudyRow, StudyRow, StudyRow]
    // Ten of twelve items are two hundredths less than all of the same users.
    expect(ten.overChosen?.mean).toBeCloseTo(-0.02, 10)
    expect(ten.overChosen?.users).toBe(2)
    expect(five.overChosen?.users).toBe(3)
    expect(all.overChosen).toBeNull()
    expect(five.reference - five.value).toBeCloseTo(five.gain.mean, 10)
    expect([five.numbers, five.seconds]).toEqual([8000, 9])
  })

  it('leaves out levels that nobody has, and says so', async () => {
    const { study } = await setUp().run('activity', { activity: { levels: [5, 50] } })
    expect(study.places).toEqual(['5', 'all'])
    expect(study.notes.at(-1)).toBe('No user has more than 50 items.')
  })

  it('cuts what retrieval sees too, so that the reference is run at every level', async () => {
    const { run, base } = setUp({ methods: ['retrieval+voice'] })
    const { study } = await run('activity', { activity: { levels: [5] } })
    expect(study.against).toBe('retrieval')
    expect(existsSync(settingFolder(out, 'last 5'))).toBe(true)
    expect(existsSync(settingFolder(out, 'reference'))).toBe(false)
    // Four queries of three users, under the reference and the method: first of the level, then of all items.
    const early = base.scored.map((prompt) => /ann wrote item[0-6]\b.*\|/.test(prompt))
    expect(early).toHaveLength(48)
    expect(early.slice(0, 24)).not.toContain(true)
    expect(early.slice(24)).toContain(true)
    expect(brief(study.rows).map(({ setting }) => setting)).toEqual(['5', 'all'])
  })

  it('takes up what is finished, after a kill in training too', async () => {
    const first = setUp()
    let left = 4
    const dying: TrainVoice = (...asked) => {
      if (left-- === 0) throw new Error('killed')
      return first.train(...asked)
    }
    const { base } = first
    const options = { base, file, builder: fakeBuilder, trainPrompts: 'plain' as const, maxInput: 40 }
    await expect(first.run('activity', { activity, options: { ...options, train: dying } })).rejects.toThrow('killed')
    expect(existsSync(path.join(out, 'study.json'))).toBe(false)
    const second = setUp()
    const { study } = await second.run('activity', { activity })
    expect(first.trained).toHaveLength(4)
    expect(second.trained).toHaveLength(4)
    const third = setUp()
    expect((await third.run('activity', { activity })).study).toEqual(study)
    expect([third.trained, third.base.scored]).toEqual([[], []])
  })
})

describe('behaviour shift', () => {
  it('bins queries by their likeness to the history', async () => {
    const { study } = await setUp().run('shift', { shift: { bins: 4, within: true } })
    const [least, , , most] = study.rows as StudyRow[]
    expect(study.rows).toHaveLength(4)
    expect(least?.facts?.similarity).toBe(0)
    expect(most?.facts?.similarity).toBeGreaterThan(0.5)
    // The rule gains half a nat where the query has an item's word, which the likest queries have.
    expect(least?.gain.mean).toBeCloseTo(0.01 * (31 / 3) + 0.008, 10)
    expect((most?.gain.mean ?? 0) - (least?.gain.mean ?? 0)).toBeCloseTo(0.5, 10)
    for (const { gain } of study.rows) expect(gain.users).toBe(3)
    expect(study.rows.reduce((sum, { gain }) => sum + gain.queries, 0)).toBe(12)
  })

  it('names bins by their range where all queries are taken together', async () => {
    const { study } = await setUp().run('shift', { shift: { bins: 2 } })
    for (const { setting } of study.rows) expect(setting).toMatch(/^\d\.\d\d–\d\.\d\d$/)
    expect(study.rows.reduce((sum, { gain }) => sum + gain.queries, 0)).toBe(12)
  })

  it('has every bin though a user has fewer queries than bins', async () => {
    const { study } = await setUp().run('shift', { shift: { bins: 6, within: true } })
    expect(study.rows.reduce((sum, { gain }) => sum + gain.queries, 0)).toBe(12)
  })
})

describe('history formats', () => {
  const [ann] = file.users as [LampUser]
  const options = {
    tokenizer: setUpTokenizer(),
    builder: fakeBuilder,
    prompt: { maxInput: 9, maxRetrieved: 9 },
    seed: 1,
  }
  const texts = (format: Parameters<typeof formatted>[1]) => formatted(ann, format, options)

  it('make an example an item: pairs, texts alone, answers alone, answers in other places', () => {
    expect(texts('pairs').map(({ tokens }) => decode(tokens))[3]).toBe('ann wrote>T3\0')
    const inputs = texts('inputs')
    expect(decode(inputs[3]?.tokens ?? new Int32Array())).toBe('ann wrote')
    expect(inputs.every(({ answerFrom }) => answerFrom === 1)).toBe(true)
    expect(texts('outputs').map(({ tokens }) => decode(tokens))[3]).toBe('>T3\0')
    const shuffled = texts('shuffled').map(({ tokens }) => decode(tokens))
    const answers = shuffled.map((text) => text.split('>')[1])
    expect(answers.every((answer, n) => answer !== `T${n}\0`)).toBe(true)
    expect(answers.toSorted()).toEqual(ann.profile.map(({ answer }) => `${answer}\0`).toSorted())
  })

  it('are the newest pairs, alone or after the answers of all before them', () => {
    const all = texts('pairs').map(({ tokens }) => decode(tokens))
    const some = (format: 'newest' | 'older', newest: number) =>
      formatted(ann, format, { ...options, newest }).map(({ tokens }) => decode(tokens))
    expect(some('newest', 2)).toEqual(all.slice(-2))
    expect(some('older', 2)).toEqual([...all.slice(0, -2).map((text) => `>${text.split('>')[1]}`), ...all.slice(-2)])
    expect(some('newest', 1000)).toEqual(all)
    expect(some('older', 1000)).toEqual(all)
  })

  it('end a text only where it ends', () => {
    const [, , short] = formatted(ann, 'inputs', { ...options, prompt: { maxInput: 99, maxRetrieved: 9 } })
    expect(decode(short?.tokens ?? new Int32Array())).toBe('ann wrote item2\0')
  })

  it('move every answer, whatever the number', () => {
    for (const size of [2, 3, 10, 101]) {
      const others = derangement(size, `${size}`)
      expect(others.toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i))
      expect(others.some((to, from) => to === from)).toBe(false)
    }
    expect(derangement(1, 'one')).toEqual([0])
    expect(derangement(0, 'none')).toEqual([])
  })

  it('are named with their pairs, and those are a setting each', async () => {
    const { run, trained } = setUp()
    for (const newest of [1, 2]) {
      const { study } = await run('formats', { formats: { formats: ['newest', 'older'], newest } })
      expect(study.places).toEqual([`newest ${newest} pairs`, `newest ${newest} pairs, older outputs`])
      expect(study.chosen).toBeNull()
    }
    expect(trained).toHaveLength(12)
  })

  it('are each compared with the base and with pairs', async () => {
    const { run, trained } = setUp()
    const { study } = await run('formats')
    expect(study.places).toEqual(['pairs', 'inputs only', 'outputs only', 'shuffled pairs'])
    expect(trained).toHaveLength(12)
    expect(trained[3]?.texts[0]).toBe('ann wrote item0\0')
    expect(study.rows.map((row) => row.overChosen?.mean ?? null)).toEqual(
      [null, 0, 0, 0].map((n) => n && expect.closeTo(n, 10)),
    )
  })

  it('reach the voice alone, never the task adapter below it', async () => {
    const { run, trained } = setUp({ methods: ['task+voice'] })
    const { study } = await run('formats', { formats: { formats: ['outputs', 'shuffled'] } })
    expect(study.against).toBe('task')
    const tasks = trained.filter(({ user }) => user.startsWith('task'))
    expect(tasks.length).toBeGreaterThan(0)
    // Once for the whole study, on whole pairs.
    expect(new Set(tasks.map(({ user }) => user)).size).toBe(tasks.length)
    for (const { texts } of tasks) for (const text of texts) expect(text).toMatch(/^\w+ wrote item(\d+)>T\1\0$/)
    expect(trained.filter(({ under }) => under)).toHaveLength(6)
  })
})

describe('kinds and sizes', () => {
  it("are trained with each kind's settings", async () => {
    const { run, trained } = setUp()
    const { study } = await run('kinds', { kinds: { virtualTokens: 5 } })
    expect(study.rows.map(({ setting }) => setting)).toEqual(['LoRA', '(IA)3', 'prompt tuning'])
    expect(trained.map(({ settings }) => settings.kind ?? 'lora')).toEqual(
      ['lora', 'ia3', 'prompt'].flatMap((kind) => [kind, kind, kind]),
    )
    expect(trained.at(-1)?.settings.virtualTokens).toBe(5)
  })

  it('stand in the picture by the numbers trained, a line a set of targets', async () => {
    const { run, trained } = setUp()
    const { study, picture } = await run('size', { size: { ranks: [2, 8], targets: ['q,v', 'all'] } })
    expect(brief(study.rows).map(({ series, setting }) => `${series} ${setting}`)).toEqual([
      'q,v rank 2',
      'q,v rank 8',
      'all rank 2',
      'all rank 8',
    ])
    expect(study.rows.map(({ numbers }) => numbers)).toEqual([2000, 8000, 2000, 8000])
    expect(study.rows[0]?.overChosen?.mean).toBeCloseTo(-0.006, 10)
    expect(trained[0]?.settings).toMatchObject({ rank: 2, alpha: 2, targets: ['q', 'v'] })
    expect(trained.at(-1)?.settings.targets).toHaveLength(7)
    const drawn = readFileSync(picture, 'utf8')
    for (const name of ['q,v', 'all']) expect(drawn).toContain(`>${name}</text>`)
  })
})

describe('every study', () => {
  const STUDIES: StudyName[] = ['shift', 'activity', 'formats', 'kinds', 'size']
  const small: Partial<StudyOptions> = { activity: { levels: [5] }, size: { ranks: [8], targets: ['q,v'] } }

  it.each(STUDIES)('%s leaves its rows, a picture and a table, and no drafts', async (name) => {
    const { run } = setUp()
    const { study, json, picture } = await run(name, small)
    const kept = JSON.parse(readFileSync(json, 'utf8'))
    expect(kept).toMatchObject({
      version: 1,
      name,
      task: 'headline',
      base: 'fake',
      users: Object.keys(SIZES),
      rows: study.rows,
    })
    expect(readFileSync(picture, 'utf8')).toContain(study.question)
    const lines = studyLines(study)
    for (const { setting } of study.rows) expect(lines.join('\n')).toContain(setting)
    expect(readdirSync(out).filter((entry) => entry.includes('part'))).toEqual([])
  })

  it.each(STUDIES)('%s keeps held-out answers out of training', async (name) => {
    const { run, trained } = setUp({ methods: ['task+retrieval+voice'] })
    await run(name, small)
    expect(trained.length).toBeGreaterThan(0)
    expect(trained.flatMap(({ texts }) => texts).filter((text) => text.includes('GOLD'))).toEqual([])
  })

  it.each(STUDIES)('%s leaves out who has nothing to score, with one word', async (name) => {
    const [ann] = file.users as [LampUser]
    const users = [...file.users, { ...ann, id: 'mute', queries: [] }]
    const notes: string[] = []
    const { base, train } = setUp()
    const onProgress = ({ stage, message }: LampProgress) => stage === 'note' && notes.push(message)
    const options = { base, file: { ...file, users }, builder: fakeBuilder, train, onProgress }
    const { study } = await setUp().run(name, { ...small, options })
    expect(study.rows.at(-1)?.gain.users).toBe(3)
    expect(notes).toEqual([expect.stringMatching(/^mute has 0 usable queries .*: left out$/)])
  })

  it('leaves out, of a setting alone, whose history yields nothing to train on there', async () => {
    const [ann, bob, cem] = file.users as [LampUser, LampUser, LampUser]
    const users = [ann, bob, { ...cem, profile: cem.profile.map((item) => ({ ...item, text: 'x' })) }]
    const notes: string[] = []
    const { base, train } = setUp()
    const onProgress = ({ stage, message }: LampProgress) => stage === 'note' && notes.push(message)
    // A text without tokens is no example.
    const options = { base, file: { ...file, users }, builder: fakeBuilder, train, onProgress }
    const tokenizer = { ...setUpTokenizer(), tokenize: (text: string) => Int32Array.from(text === 'x' ? [] : [1, 2]) }
    const { study } = await setUp().run('formats', { options, tokenizer })
    expect(study.rows.map(({ gain }) => gain.users)).toEqual([3, 2, 3, 3])
    expect(notes).toEqual(['cem: the history leaves nothing to train on in the setting "inputs": left out'])
  })

  it('goes from setting to setting with the base that was opened last, each closed by the next', async () => {
    const { base, train } = setUp()
    let open: Base = base
    let opened = 0
    const guarded = (): Base => {
      const number = ++opened
      const mine: Base = {
        ...base,
        score: async (...asked) => {
          if (open !== mine) throw new Error(`base ${number} is closed`)
          return base.score(...asked)
        },
      }
      open = mine
      return mine
    }
    const options = {
      base: guarded(),
      renew: async () => guarded(),
      renewAfter: 2,
      file,
      builder: fakeBuilder,
      train,
    }
    const { study } = await setUp().run('kinds', { options })
    expect(study.rows.map(({ gain }) => gain.users)).toEqual([3, 3, 3])
    // Nine voices, counted over the settings.
    expect(opened).toBe(5)
  })

  it('refuses users and methods that are not there', async () => {
    const { run, base, train } = setUp()
    const options = { base, file, builder: fakeBuilder, train }
    await expect(run('kinds', { options: { ...options, users: ['eve'] } })).rejects.toMatchObject({
      name: 'UnknownUser',
    })
    await expect(run('kinds', { methods: ['magic'] })).rejects.toMatchObject({ name: 'UnknownMethod' })
    await expect(run('kinds', { against: 'magic' })).rejects.toMatchObject({ name: 'UnknownMethod' })
  })

  it('compares several methods with the base', async () => {
    const { study } = await setUp({ methods: ['voice', 'retrieval'] }).run('kinds', { kinds: { kinds: ['lora'] } })
    expect(study.against).toBe('base')
    expect(study.rows.map(({ series }) => series)).toEqual(['voice', 'retrieval'])
  })
})

function setUpTokenizer(): StudyOptions['tokenizer'] {
  return { tokenize: (text) => Int32Array.from(text, (sign) => sign.codePointAt(0) as number), endToken: 0 }
}
