/** Every space with something in it, for what must hold in all of them: its data, and the way to each. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { createApp } from '../../main/app/app.ts'
import { projectFolder } from '../../main/entries.ts'
import { openStore } from '../../main/store/store.ts'
import { randomVoice } from '../helpers/random-voice.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { MAKING, table } from './label-space.ts'
import { go, type SpaceName } from './page.ts'

const QUESTION =
  'What is a log for, and who reads it when the light has been switched off and nobody is left to keep it?'
const DRAFT = 'In Which the Stove Is Moved'
const PARAGRAPH =
  'The stove stood against the sea wall for as long as there was a shop, and nobody had asked it whether it liked that. In November the wall sweated. The clocks on that side lost four minutes a week, all of them, as if they had agreed on it.'

/** The sample author's library, a tiny base that writes nonsense fast, a voice, a draft, a conversation, headlines. */
export async function seedSpaces(data: string): Promise<void> {
  mkdirSync(data, { recursive: true })
  const model = path.join(data, 'tiny.gguf')
  writeTinyModel(model, { blocks: 2, width: 64, ff: 128, vocabulary: 512, context: 1024, seed: 3 })
  randomVoice(path.join(data, 'edda.gguf'), model, { name: 'Edda', seed: 1 })
  const { handlers, close } = await createApp({ dataFolder: data, host: 'terminal' })
  try {
    const { id } = await handlers['models.add']({ request: 'add', file: model, as: 'chat' })
    await handlers['models.use']({ model: id })
    await handlers['library.import']({ request: 'import', paths: [path.join(projectFolder(), 'resources', 'sample')] })
    const voice = await handlers['voices.import']({ file: path.join(data, 'edda.gguf'), name: 'Edda' })
    await handlers['voices.use']({ voice: voice.id })
    const own = `# ${DRAFT}\n\n${PARAGRAPH}\n\n`
    const text = `${own}${PARAGRAPH}\n`
    await handlers['draft.create']({
      text,
      spans: [
        { from: 0, to: own.length, author: 'owner', voice: null },
        { from: own.length, to: text.length, author: 'assistant', voice: voice.id },
      ],
    })
    await handlers['headline.write']({
      request: 'headlines',
      text: `${PARAGRAPH}\n\n${PARAGRAPH}`,
      count: 3,
      maxTokens: 12,
    })
    await handlers['chat.send']({ request: 'chat', text: QUESTION, maxTokens: 60 })
  } finally {
    await close()
  }
  await oddAnswer(data)
}

/** What models write now and then: levels passed over, headings and heads of a table without words, lines without end. */
const ODD = [
  '#### Deep first\n\n# Then high\n\n#',
  '| | b |\n|---|---|\n| 1 | 2 |',
  `| ${'wide column | '.repeat(6)}\n|${'---|'.repeat(6)}\n| ${'x | '.repeat(6)}`,
  `\`\`\`\n${'const x = 1; '.repeat(14)}\n\`\`\``,
  '- \n- [x] done\n- [](http://a.example)',
  'w'.repeat(300),
].join('\n\n')

/** One more turn of the conversation, whose answer is no model's here. */
async function oddAnswer(data: string): Promise<void> {
  const store = await openStore(data)
  try {
    const conversation = store.chats.list()[0]?.id as string
    const before = store.chats.messages(conversation).at(-1)
    if (before?.role !== 'assistant') throw new Error('the seeded question has no answer')
    const turn = { ...before, sources: [], stopped: false, cut: false, seen: null }
    store.chats.putMessage({ ...turn, id: 'odd-question', parent: before.id, role: 'user', text: QUESTION })
    store.chats.putMessage({ ...turn, id: 'odd-answer', parent: 'odd-question', text: ODD })
  } finally {
    await store.close()
  }
}

/** Suggestions for a few pieces, made once. */
async function suggestions(page: Page, space: 'Tags' | 'Ratings', suggest: string): Promise<void> {
  await go(page, space)
  const start = page.getByRole('button', { name: suggest })
  await start.or(table(page)).first().waitFor()
  if ((await table(page).count()) === 0) {
    await page.getByLabel('Which pieces').selectOption('All pieces')
    await page.getByLabel('Only those that say').fill('ferry')
    await start.click()
    await table(page).waitFor({ timeout: MAKING })
    await page.getByTestId('queue').waitFor({ state: 'detached', timeout: MAKING })
  }
}

async function draft(page: Page, detailed: boolean): Promise<void> {
  await page.getByRole('navigation', { name: 'Spaces' }).getByRole('button', { name: 'Draft' }).click()
  const listed = page.getByRole('list', { name: 'Your drafts' }).getByRole('button').filter({ hasText: DRAFT })
  const sheet = page.getByRole('textbox', { name: 'The draft' })
  await listed.or(sheet).first().waitFor()
  if ((await sheet.count()) === 0) await listed.first().click()
  await sheet.waitFor()
  const details = page.getByRole('button', { name: 'Details' })
  if (((await details.getAttribute('aria-expanded')) === 'true') !== detailed) await details.click()
  const panel = page.getByRole('complementary', { name: 'Details' })
  await panel.waitFor({ state: detailed ? 'visible' : 'detached' })
}

/** In a narrow window, a piece that is open stands in the place of list and heading. */
async function library(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Spaces' }).getByRole('button', { name: 'Library' }).click()
  await page.getByRole('region', { name: 'Piece', exact: true }).waitFor()
}

const plain = (space: SpaceName) => (page: Page) => go(page, space)

/** By what a person would call it; each can be gone to from each. */
export const SHOWN: Record<string, (page: Page) => Promise<void>> = {
  async 'the drafts'(page) {
    await go(page, 'Draft')
    const list = page.getByRole('list', { name: 'Your drafts' })
    const back = page.getByRole('button', { name: 'All drafts' })
    await list.or(back).first().waitFor()
    if (await back.isVisible()) await back.click()
    await list.waitFor()
  },
  'a draft': (page) => draft(page, false),
  'a draft with its details': (page) => draft(page, true),
  async headlines(page) {
    await go(page, 'Headlines')
    const candidates = page.getByTestId('candidate')
    const earlier = page.getByTitle('Open this piece and its headlines again')
    await earlier.first().waitFor()
    if ((await candidates.count()) === 0) await earlier.first().click()
    await candidates.first().waitFor()
  },
  tags: (page) => suggestions(page, 'Tags', 'Suggest tags'),
  ratings: plain('Ratings'),
  async chat(page) {
    await go(page, 'Chat')
    const side = page.getByRole('navigation', { name: 'Conversations' })
    // Its title is the question's beginning.
    await side
      .getByRole('button', { name: /^What is a log/ })
      .first()
      .click()
    await page.getByTestId('answer').first().waitFor()
  },
  async 'the library with a piece open'(page) {
    await library(page)
    const close = page.getByRole('button', { name: 'Close the piece' })
    const listed = page.getByRole('list', { name: 'Your pieces' }).getByRole('button')
    await close.or(listed).first().waitFor()
    if ((await close.count()) === 0) await listed.first().click()
    await page.getByRole('article').waitFor()
  },
  async 'the whole library'(page) {
    await library(page)
    const close = page.getByRole('button', { name: 'Close the piece' })
    if ((await close.count()) > 0) await close.click()
    await page.getByRole('list', { name: 'Your pieces' }).getByRole('button').first().waitFor()
  },
  voice: async (page) => {
    await go(page, 'Voice')
    await page.getByRole('heading', { name: 'Edda' }).first().waitFor()
  },
  async models(page) {
    await go(page, 'Models')
    await page.getByRole('article').first().waitFor()
  },
  settings: plain('Settings'),
  async 'the palette'(page) {
    await go(page, 'Settings')
    await page.keyboard.press('Control+k')
    await page.getByTestId('palette').getByRole('option').first().waitFor()
  },
}

/** Where something stands above the rest of a space, which can be pressed again when that is closed. */
export const OVER: Record<string, string> = { 'a draft with its details': 'aside[aria-label="Details"]' }

/** Whatever stands above the spaces is gone. */
export async function leave(page: Page): Promise<void> {
  if ((await page.getByTestId('palette').count()) === 0) return
  await page.keyboard.press('Escape')
  await page.getByTestId('palette').waitFor({ state: 'detached' })
}
