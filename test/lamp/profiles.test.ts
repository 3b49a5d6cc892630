import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { Base, ChatTurn } from '../../main/inference/types.ts'
import { readLampFile } from '../../main/lamp/file.ts'
import { userFolder } from '../../main/lamp/folder.ts'
import { createProfiles } from '../../main/lamp/profiles.ts'
import { LAMP_TASKS } from '../../main/lamp/tasks.ts'
import type { LampFile } from '../../main/lamp/types.ts'
import { decode } from '../evaluation/fake-base.ts'
import { runFolders, setUpRun } from './fake-run.ts'

const folders = runFolders()
const fixture = (name: string): string =>
  path.join(import.meta.dirname, '..', 'fixtures', 'lamp', name, 'dev_questions.json')

/** The fixture's users, and a base that writes `text` and keeps what it was asked. */
function setUp(name: string, text: string, as: (file: LampFile) => LampFile = (file) => file) {
  const file = as(readLampFile(fixture(name)))
  const { options } = setUpRun(folders, { file, profiles: 'model' })
  const asked: string[] = []
  const base: Base = {
    ...options.base,
    contextSize: 8000,
    chatPrompt: (turns: ChatTurn[]) =>
      Int32Array.from(turns.map((turn) => turn.text).join('\n'), (sign) => sign.codePointAt(0) as number),
    async generate(prompt) {
      asked.push(decode(prompt))
      return { text, tokens: text.length, meanLogProbability: -1, finish: 'length' }
    },
  }
  const profiles = createProfiles(options, { seed: 1, baseSha256: 'x', base: async () => base })
  return { asked, profiles, user: file.users[0]! }
}

const FOLDERS: Record<string, string> = { 'LaMP-2N': 'LaMP_2N', 'LaMP-2M': 'LaMP_2M' }
it.each(LAMP_TASKS.map((task) => [task.id, task] as const))(
  'of %s are asked for in the benchmark’s own words, about its own items',
  async (id, task) => {
    const { asked, profiles, user } = setUp(FOLDERS[id] ?? id.replace('-', '_'), ' ships, ropes and lighthouses.')
    expect(await profiles.of(user)).toMatch(/ ships, ropes and lighthouses\.$/)
    const prompt = asked[0] as string
    const [before, after] = task.profile.ask.split('{}') as [string, string]
    expect(prompt).toContain(before)
    expect(prompt.endsWith(`${after}${task.profile.begins}`)).toBe(true)
    expect(prompt).not.toMatch(/The titles are about|articles? above|article: .*description/s)
    const bare = user.profile.every(({ text: input }) => input === '') && task.history.bareAnswer !== undefined
    expect(prompt).toContain(`${bare ? task.words.input : task.words.answer} `)
    expect(prompt).toContain(user.profile[0]!.answer.slice(0, 12))
  },
)

it('name the label that the form asks for, though it stands in the history', async () => {
  const { profiles, user, asked } = setUp('LaMP_2M', ' based on a book')
  user.profile[0]!.answer = 'based on a book'
  expect(await profiles.of(user)).toBe('most popular tag: based on a book')
  expect(asked).toHaveLength(1)
})

it('are counted where nothing stands in the form', async () => {
  const { profiles, user, asked } = setUp('LaMP_2M', '')
  expect(await profiles.of(user)).toMatch(/^Usual tags: /)
  expect(asked).toHaveLength(3)
})

it('call bare titles what they are', async () => {
  const { profiles, user, asked } = setUp('LaMP_1', ' bells and tides.')
  for (const item of user.profile) Object.assign(item, { answer: item.text || item.answer, text: '' })
  await profiles.of(user)
  expect(asked[0]).toContain(`paper title: ${user.profile[0]!.answer}`)
  expect(asked[0]).not.toContain('reference:')
})

it('are kept apart from those of other words', async () => {
  const own = setUp('LaMP_7', ' short and have no capitals.')
  const text = await own.profiles.of(own.user)
  const plain = setUp('LaMP_7', ' short and have no capitals.', (file) => ({ ...file, benchmark: undefined }))
  expect(await plain.profiles.of(plain.user)).not.toBe(text)
  expect(readdirSync(userFolder(folders.out, own.user.id))).toHaveLength(2)
})
