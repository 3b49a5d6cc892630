import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { macroF1 } from '../../main/evaluation/metrics.ts'
import { userFolder } from '../../main/lamp/folder.ts'
import type { LampRunOptions, TrainVoice } from '../../main/lamp/options.ts'
import { readRun } from '../../main/lamp/result.ts'
import { runLamp } from '../../main/lamp/run.ts'
import { readTable } from '../../main/lamp/table.ts'
import { LAMP_TASKS, type LampTask } from '../../main/lamp/tasks.ts'
import { foldsOf } from '../../main/lamp/training.ts'
import type { LampFile, LampUser } from '../../main/lamp/types.ts'
import { tableLines } from '../../main/terminal/lamp-table.ts'
import type { Computed } from '../../main/trainer/computed.ts'
import { fakeBase, fakeBuilder } from '../evaluation/fake-base.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const root = temporaryFolder()
const baseFile = path.join(root, 'base.gguf')
let count = 0
let out: string
beforeEach(() => {
  writeFileSync(baseFile, 'the base')
  out = path.join(root, `out ${count++}`)
})

const NAMES = ['ann', 'bob', 'cyd', 'dee', 'eve']

function made(task: LampUser['task'], answers: string[], golds: string[]): LampFile {
  const users = NAMES.map(
    (id, n): LampUser => ({
      id,
      task,
      profile: answers.slice(0, 4 + n).map((answer, i) => ({
        id: `${id} ${i}`,
        text: `${id} wrote of thing${i} and apples`,
        title: answer,
        answer,
        date: null,
      })),
      queries: golds.slice(0, 3 + n).map((gold, i) => ({
        id: `${id} q${i}`,
        input: `${id} asks of thing${i} and apples`,
        gold,
        date: null,
      })),
    }),
  )
  return { file: 'made.json', task, users, notes: [] }
}

const headlines = made(
  'headline',
  ['A', 'BB', 'CCC', 'DD', 'E', 'FF', 'G', 'HH'],
  ['X', 'YY', 'Z', 'XX', 'Y', 'ZZ', 'X'],
)

interface Trained {
  name: string
  under: string | null
  from: unknown
  prompts: string[]
}

/** Voices lower the NLL of their own user's queries by 1, task adapters everybody's by .5, another's voice by .25. */
function setUp(file: LampFile, { computed, ...extra }: Partial<LampRunOptions> & { computed?: Computed } = {}) {
  const trained: Trained[] = []
  const base = fakeBase(baseFile, (prompt, answer, voice) => {
    const asker = / ?(\w+) asks/.exec(prompt)?.[1] ?? ''
    const laid = voice?.split('+') ?? []
    const own = laid.some((text) => text === asker) ? 1 : laid.some((text) => NAMES.includes(text)) ? 0.25 : 0
    return 4 + answer.length / 10 - own - (laid.some((text) => text.startsWith('task')) ? 0.5 : 0)
  })
  const train: TrainVoice = async (examples, _validation, _settings, runFolder, { user, under, about }) => {
    const prompts = examples.map(({ tokens }) => String.fromCodePoint(...tokens))
    trained.push({ name: user, under: under ? readFileSync(under.file, 'utf8') : null, from: about?.from, prompts })
    mkdirSync(runFolder, { recursive: true })
    const voiceFile = path.join(runFolder, 'voice.gguf')
    writeFileSync(voiceFile, user)
    const facts = { steps: 2, tokens: 90, seconds: 3, tokensPerSecond: 30, peakMemoryBytes: 5, finalLoss: 1 }
    return { voiceFile, ...facts, bestValidation: null, computed }
  }
  const run = (more: Partial<LampRunOptions> = {}) =>
    runLamp({ base, file, builder: fakeBuilder, train, out, ...extra, ...more })
  return { base, trained, run }
}

/** Every file under a folder with its hash, what tells the time left out. */
function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const file = path.join(folder, name)
    if (statSync(file).isFile() && path.basename(name) !== 'times.jsonl') {
      found[name] = createHash('sha256').update(readFileSync(file)).digest('hex')
    }
  }
  return found
}

describe('two stages', () => {
  it('lay a task adapter that never saw the user, with the voice that was trained over it', async () => {
    const { run, base, trained } = setUp(headlines)
    const { users } = await run({ methods: ['base', 'task', 'task+voice', 'task+other', 'task+cope'] })
    const tasks = trained.filter(({ name }) => name.startsWith('task'))
    expect(tasks).toHaveLength(3)
    for (const { name, from } of tasks) {
      const served = trained.filter(({ under }) => under === name).map(({ name }) => name)
      expect(served.length).toBeGreaterThan(0)
      expect(new Set([...served, ...(from as string[])])).toEqual(new Set(NAMES))
      expect((from as string[]).filter((id) => served.includes(id))).toEqual([])
      const prompts = tasks.find((task) => task.name === name)?.prompts ?? []
      for (const id of served) expect(prompts.filter((prompt) => prompt.includes(id))).toEqual([])
    }
    const laid = base.scored.filter((line) => / ann asks| ?ann asks/.test(line)).map((line) => line.split(':')[0])
    expect(new Set(laid.map((name) => name?.replace(/\d/, 'N')))).toEqual(
      new Set(['base', 'task N', 'task N+ann', ...NAMES.filter((id) => id !== 'ann').map((id) => `task N+${id}`)]),
    )
    // The same task adapter below all of them.
    expect(new Set(laid.flatMap((name) => name?.match(/task \d/) ?? [])).size).toBe(1)
    const at = (method: string): number => users.ann?.methods[method]?.nll ?? Number.NaN
    expect(at('base') - at('task')).toBeCloseTo(0.5, 10)
    expect(at('base') - at('task+voice')).toBeCloseTo(1.5, 10)
    expect(at('base') - at('task+other')).toBeCloseTo(0.75, 10)
  })

  it('hold against a voice those that were trained over the same task adapter, where there are enough', async () => {
    const ids = Array.from({ length: 12 }, (_, n) => `u${n}`)
    const [one] = headlines.users as [LampUser]
    const file = { ...headlines, users: ids.map((id) => ({ ...one, id })) }
    const { run } = setUp(file, { methods: ['task+other'], others: 3, folds: 2 })
    const { users } = await run()
    const folds = foldsOf(file.users, 2)
    for (const [at, id] of ids.entries()) {
      const lent = Object.keys(users[id]?.methods['task+other']?.voices ?? {})
      expect(lent).toHaveLength(3)
      expect(lent).not.toContain(id)
      for (const other of lent) expect(folds[ids.indexOf(other)]).toBe(folds[at])
    }
    const table = readTable([out], { resamples: 20 })
    expect(table.rows.find(({ method }) => method === 'task+other')?.foreign).toEqual({ voices: 0, of: 36 })
    expect(tableLines(table).join('\n')).not.toContain('another task adapter')
  })

  it('say how many voices lie over another task adapter than their own, where too few users share one', async () => {
    const { run } = setUp(headlines, { methods: ['task+other'], others: 2, folds: 5 })
    const { users } = await run()
    for (const id of NAMES) expect(Object.keys(users[id]?.methods['task+other']?.voices ?? {})).toHaveLength(2)
    const table = readTable([out], { resamples: 20 })
    expect(table.rows[0]?.foreign).toEqual({ voices: 10, of: 10 })
    expect(tableLines(table).join('\n')).toContain('task+other: 10 of 10 voices lie over another task adapter')
  })

  it("trains on another file's users instead, and refuses one that has a user of the run", async () => {
    const strangers: LampFile = {
      ...headlines,
      file: 'strangers.json',
      users: headlines.users.slice(0, 2).map((user, n) => ({ ...user, id: `stranger ${n}` })),
    }
    const { run, trained } = setUp(headlines, { methods: ['task'], taskFile: strangers })
    await run()
    expect(trained.map(({ name, from }) => [name, from])).toEqual([['task', ['stranger 0', 'stranger 1']]])
    await expect(run({ taskFile: headlines })).rejects.toMatchObject({
      name: 'TaskUserInRun',
      message: expect.stringContaining('ann, bob'),
    })
  })

  it('says so when there is nobody else', async () => {
    const alone = { ...headlines, users: headlines.users.slice(0, 1) }
    await expect(setUp(alone, { methods: ['task'] }).run()).rejects.toMatchObject({ name: 'TooFewUsers' })
    expect(existsSync(out)).toBe(false)
  })
})

describe('a voice', () => {
  it('serves every method by one training, and by one each where prompts are those of use', async () => {
    const methods = ['voice', 'retrieval+voice', 'profile+voice', 'cope']
    const mixed = setUp(headlines, { users: ['ann'], methods })
    await mixed.run()
    expect(mixed.trained).toHaveLength(1)
    const same = setUp(headlines, { users: ['ann'], methods, trainPrompts: 'same' })
    await same.run()
    expect(same.trained).toHaveLength(3)
  })

  it('never sees a held-out query or its answer, in training or above a query', async () => {
    const canary: LampFile = {
      ...headlines,
      users: headlines.users.map((user) => ({
        ...user,
        queries: user.queries.map((query) => ({
          ...query,
          input: `${query.input} CANARY-IN-${user.id}`,
          gold: `CANARY-OUT-${user.id}`,
        })),
      })),
    }
    const { run, base, trained } = setUp(canary)
    await run({ methods: ['table'] })
    expect(trained.flatMap(({ prompts }) => prompts).join('')).not.toContain('CANARY')
    for (const line of base.scored) {
      const prompt = line.slice(line.indexOf(':'))
      expect(prompt).not.toContain('CANARY-OUT')
      expect(prompt.match(/CANARY-IN/g)).toHaveLength(1)
      // The query's own, at its end.
      expect(prompt.split('|').at(-1)).toContain('CANARY-IN')
    }
  })
})

describe('labels', () => {
  it('of rate are judged by the distribution over 1 to 5: median, distance, log-loss', async () => {
    const file = made('rate', ['3', '4', '4', '5', '4', '3', '5', '2'], ['4', '2', '5', '4', '3', '4', '1'])
    const { run } = setUp(file)
    const { users } = await run({ methods: ['base', 'table'], others: 2 })
    const base = users.ann?.methods.base
    // All scores are equally long, so the fake base finds all five equally likely.
    expect(base?.scores[1]?.probabilities).toEqual([0.2, 0.2, 0.2, 0.2, 0.2])
    expect(base?.scores.map(({ prediction, error }) => [prediction, error])).toEqual([
      ['3', 1],
      ['3', 1],
      ['3', 2],
    ])
    expect(base?.mae).toBeCloseTo(4 / 3, 10)
    expect(base?.rmse).toBeCloseTo(Math.sqrt(2), 10)
    expect(base?.logLoss).toBeCloseTo(Math.log(5), 10)
    expect(users.ann?.methods.majority).toMatchObject({ nll: null, mae: 1, queries: 3 })
    expect(Object.keys(users.ann?.methods ?? {})).toEqual(expect.arrayContaining(['tfidf', 'nearest', 'frequencies']))
    const table = readTable([out], { resamples: 200 })
    expect(table.rows.find(({ method }) => method === 'tfidf')?.metrics.mae?.value).toBeGreaterThanOrEqual(0)
    expect(table.rows.find(({ method }) => method === 'majority')?.metrics.logLoss).toBeUndefined()
  })

  it('of tag are those of the history; a gold that is none of them has a likelihood and cannot be hit', async () => {
    const file = made('tag', ['aa', 'b', 'aa', 'b'], ['b', 'zzz', 'aa', 'b', 'b', 'b', 'b'])
    const { run } = setUp(file)
    const { users } = await run({ methods: ['base', 'majority'] })
    const base = users.ann?.methods.base
    // Shorter is likelier to the fake base.
    expect(base?.scores.map(({ prediction, correct }) => [prediction, correct])).toEqual([
      ['b', 1],
      ['b', 0],
      ['b', 0],
    ])
    expect(base?.scores[1]).toMatchObject({ logLoss: expect.closeTo(36.04, 2), nll: expect.any(Number) })
    expect(base?.accuracy).toBeCloseTo(1 / 3, 10)
    expect(users.ann?.methods.majority?.scores[0]?.prediction).toBe('b')
  })
})

describe('the table', () => {
  it('is read from the folder alone: numbers, intervals, gains, and who is below the others', async () => {
    const { run } = setUp(headlines)
    await run({ methods: ['base', 'voice', 'other', 'task', 'task+voice'] })
    const table = readTable([out], { against: ['base', 'task'] })
    expect(table.rows.map(({ method }) => method)).toEqual(['base', 'task', 'voice', 'task+voice', 'other'])
    const voice = table.rows.find(({ method }) => method === 'voice')
    expect(voice).toMatchObject({ users: 5, queries: 25, belowOthers: { users: 5, of: 5 } })
    const gain = (method: string, over: string) =>
      table.gains.find((one) => one.method === method && one.over === over && one.metric === 'nll')?.effect
    expect(gain('voice', 'base')?.mean).toBeCloseTo(1, 10)
    expect(gain('task+voice', 'task')?.overUsers.low).toBeCloseTo(1, 10)
    expect(gain('task', 'base')?.overQueries.high).toBeCloseTo(0.5, 10)
    expect(voice?.metrics.nll?.low).toBeLessThan(voice?.metrics.nll?.value ?? 0)
    const lines = tableLines(table)
    expect(lines[0]).toContain('NLL gain over task')
    expect(lines.find((line) => line.startsWith('task+voice'))).toContain('1.500 [1.500, 1.500 | 1.500, 1.500]')
    expect(readTable([out], { leastQueries: 6 }).users).toEqual(['dee', 'eve'])
    expect(readTable([out], { queries: 2 }).rows[0]?.queries).toBe(10)
  })

  it("has macro F1 over all labels of the benchmark, of a user's own tags over those that occur, each with an interval", async () => {
    const golds = ['travel', 'politics', 'travel', 'crime', 'travel', 'crime', 'travel']
    const own = made('tag', ['travel', 'crime', 'crime', 'travel'], golds)
    const news = LAMP_TASKS.find(({ id }) => id === 'LaMP-2N') as LampTask
    const labels = [...(news.labels ?? [])]
    const lamp = { ...own, benchmark: news, users: own.users.map((user) => ({ ...user, labels })) }
    const found: (number | undefined)[] = []
    for (const [file, wanted, words] of [
      [lamp, labels, 'over all 15 labels of the benchmark'],
      [own, undefined, 'over the labels that occur'],
    ] as const) {
      out = path.join(root, `macro ${count++}`)
      const { users } = await setUp(file).run({ methods: ['majority'] })
      const table = readTable([out])
      const scores = NAMES.flatMap((id) => users[id]?.methods.majority?.scores ?? [])
      const answers = scores.map(({ prediction }) => prediction as string)
      const right = file.users.flatMap(({ queries }) => queries.map(({ gold }) => gold))
      const shown = table.rows[0]?.metrics.macroF1
      expect(shown?.value).toBeCloseTo(macroF1(right, answers, wanted), 12)
      expect(shown?.low).toBeLessThan(shown?.value ?? 0)
      expect(shown?.high).toBeGreaterThan(shown?.value ?? 1)
      expect(shown?.high).toBeLessThan(1)
      const asked = file.users[0]?.queries.map(({ gold }) => gold) ?? []
      const alone = users.ann?.methods.majority
      const said = alone?.scores.map(({ prediction }) => prediction as string) ?? []
      expect(alone?.macroF1).toBeCloseTo(macroF1(asked, said, wanted), 12)
      expect(tableLines(table).join('\n')).toContain(`Macro F1 is ${words}.`)
      found.push(shown?.value)
    }
    expect(found[0]).toBeLessThan(found[1] ?? 0)
  })

  it('has the queries that a run of as many has, whatever their ids', async () => {
    const ids = ['10', 'b', '9', '2', 'a', '1', '3']
    const users = headlines.users.map((user) => ({
      ...user,
      queries: user.queries.map((query, n) => ({ ...query, id: ids[n] as string, gold: 'X'.repeat(1 + n * n) })),
    }))
    const { run } = setUp({ ...headlines, users })
    await run({ methods: ['base', 'voice'] })
    const first = readTable([out], { queries: 2 })
    out = path.join(root, `fewer ${count++}`)
    await setUp({ ...headlines, users }).run({ methods: ['base', 'voice'], queries: 2 })
    expect(first.rows.map(({ queries, metrics }) => [queries, metrics])).toEqual(
      readTable([out]).rows.map(({ queries, metrics }) => [queries, metrics]),
    )
  })

  it('tells whose prose it is by the likeliest of all voices', async () => {
    const passages = ['one apple.', 'two pears.', 'three plums.', 'four figs.', 'five dates.', 'six limes.']
    const prose = made('prose', passages, ['more apples.', 'no pears.', 'some plums.', 'all figs.'])
    const { run } = setUp(prose)
    await run({ methods: ['voice', 'other', 'bayes'] })
    const rows = readTable([out]).rows
    expect(rows.find(({ method }) => method === 'voice')?.metrics.likeliest?.value).toBe(1)
    expect(rows.find(({ method }) => method === 'bayes')?.metrics.accuracy?.value).toBeLessThanOrEqual(1)
    expect(rows.find(({ method }) => method === 'other')?.metrics.likeliest).toBeUndefined()
  })

  it('joins rows and columns that were run one after the other', async () => {
    const { run } = setUp(headlines)
    await run({ users: ['ann'], methods: ['base', 'task'] })
    await run({ users: ['bob'], methods: ['base', 'voice'] })
    expect(readRun(out)).toMatchObject({ users: ['ann', 'bob'], methods: ['base', 'task', 'voice'] })
    const rows = readTable([out]).rows
    expect(rows.map(({ method, users }) => [method, users])).toEqual([
      ['base', 2],
      ['task', 1],
      ['voice', 1],
    ])
    // Other settings are another table.
    await run({ users: ['ann'], methods: ['base'], queries: 1 })
    expect(readTable([out]).rows.map(({ method, queries }) => [method, queries])).toEqual([['base', 1]])
  })

  it('is the same of shards as of the whole', async () => {
    const methods = ['base', 'task+voice', 'other', 'task+retrieval+other']
    await setUp(headlines, { methods, others: 2 }).run()
    const shards = [0, 1, 2].map((index) => path.join(root, `shard ${index} of ${count}`))
    for (const [index, shard] of shards.entries()) {
      await setUp(headlines, { methods, others: 2, out: shard, shard: { index, of: 3 } }).run()
    }
    const whole = readTable([out])
    const merged = readTable(shards)
    expect(merged.users.toSorted()).toEqual(whole.users.toSorted())
    const numbers = (table: typeof whole) =>
      table.rows.map(({ method, metrics }) => [method, metrics.nll?.value.toFixed(9)])
    expect(numbers(merged)).toEqual(numbers(whole))
    const other = path.join(root, `other ${count}`)
    await setUp(headlines, { methods: ['base'], out: other, queries: 1 }).run()
    expect(() => readTable([out, other])).toThrowError(expect.objectContaining({ name: 'ShardsDiffer' }))
    expect(() => readTable([root])).toThrowError(expect.objectContaining({ name: 'NoRun' }))
    await expect(setUp(headlines, { shard: { index: 3, of: 3 } }).run()).rejects.toMatchObject({ name: 'BadShard' })
  })

  it('says where adapters were computed in several ways, as shards on two machines are', async () => {
    const shards = ['A chip', 'Another chip'].map((cpu, index) => {
      const shard = path.join(root, `chip ${count} ${index}`)
      const computed = { cpu, device: 'cpu', forms: 'Q8_0, products in F32', lanes: index + 1, threads: 2 }
      return { shard, index, computed }
    })
    for (const { shard, index, computed } of shards) {
      await setUp(headlines, { methods: ['voice'], out: shard, shard: { index, of: 2 }, computed }).run()
    }
    const [first] = shards.map(({ shard }) => shard) as [string]
    const kept = JSON.parse(readFileSync(path.join(userFolder(first, 'ann'), 'voice', 'voice.json'), 'utf8'))
    expect(kept.computed).toEqual(shards[0]?.computed)
    expect(readTable([first], { resamples: 20 }).computed).toEqual(['A chip, 2 threads, Q8_0, products in F32'])
    const merged = readTable(
      shards.map(({ shard }) => shard),
      { resamples: 20 },
    )
    expect(tableLines(merged).join('\n')).toContain(
      'computed in 2 ways (A chip, 2 threads, Q8_0, products in F32; Another chip, 2 threads',
    )
  })

  it('repeats its folder from its seeds', async () => {
    const methods = ['table']
    await setUp(headlines, { methods }).run()
    const again = path.join(root, `again ${count}`)
    await setUp(headlines, { methods, out: again }).run()
    expect(contents(again)).toEqual(contents(out))
    expect(Object.keys(contents(out)).filter((name) => name.endsWith('voice.gguf'))).toHaveLength(3 + 2 * NAMES.length)
    expect(userFolder(out, 'ann').startsWith(out)).toBe(true)
  })

  it('has of one user alone what it has of that user among all, others’ voices included', async () => {
    const asked = { methods: ['table'], others: 2, settings: { epochs: 1 } }
    const whole = await setUp(headlines, asked).run()
    const config = readRun(out)?.config
    out = path.join(root, `alone ${count++}`)
    const alone = await setUp(headlines, asked).run({ users: ['ann'] })
    expect(alone.users.ann?.methods).toEqual(whole.users.ann?.methods)
    expect(Object.keys(alone.users.ann?.methods.other?.voices ?? {})).toHaveLength(2)
    expect(readRun(out)).toMatchObject({ config, users: ['ann'] })
  })

  it('asks a bounded number of other voices, the same for everybody', async () => {
    const { run, trained } = setUp(headlines)
    const { users } = await run({ methods: ['other'], others: 2 })
    expect(trained).toHaveLength(3)
    for (const { methods } of Object.values(users)) expect(Object.keys(methods.other?.voices ?? {})).toHaveLength(2)
  })
})
