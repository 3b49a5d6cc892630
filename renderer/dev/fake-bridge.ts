/** A host that is not there: answers every call from invented data, and streams as a host would. */
import type {
  AppState,
  Bridge,
  CallName,
  Calls,
  ChatMessage,
  DocumentFull,
  EventName,
  Events,
  Handlers,
  HeadlineRecord,
  Profile,
  Source,
  TrainingState,
} from '../../preload/contract.ts'
import { fakeDocuments, fakeModels, fakeProof, fakeQuestions, fakeSteps, fakeVoices } from './fake-data.ts'

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const ANSWER =
  'Here is an opening in your manner:\n\n> The ferry left at nine, as it does, and I was not on it, as I am not.\n\nYou often begin with a **plain fact** and turn it in the second half. Two more ways in:\n\n1. Begin with the kettle, and let the harbour come later.\n2. Begin with the list of things that were not the plan.\n\nShall I go on from the first?'
const PROFILE =
  'This author writes about harbours, ferries and what they keep. The tone is dry, and the turn comes in the second half.'
const HEADLINES = [
  'The ferry left without me, and quite right',
  'Nine o’clock, and other things I missed',
  'What the harbour keeps',
  'A timetable for the unpunctual',
]

/** Of calls that no space of the window makes yet. */
async function noWindow(): Promise<never> {
  throw { name: 'NotHere', message: 'The stand-in does not do this.', next: null }
}

export function createFakeBridge(scene: string): Bridge {
  const listeners = new Map<EventName, Set<(event: never) => void>>()
  const tell = <N extends EventName>(name: N, event: Events[N]) => {
    for (const listener of listeners.get(name) ?? []) listener(event as never)
  }
  const stopped = new Set<string>()
  const fresh = scene === 'first' || scene === 'empty'
  let documents: DocumentFull[] = fresh ? [] : fakeDocuments(scene === 'many' ? 4000 : 112)
  let questions = fresh ? [] : fakeQuestions
  let models = fakeModels(!fresh)
  let voices = fresh ? [] : fakeVoices()
  let training: TrainingState | null = null
  const profiles = new Map<string, Profile>()
  let settings: Calls['app.set']['out'] = { theme: 'system', scale: 1, retrieval: true, profile: false }
  const run = (stage: TrainingState['stage'], steps: number, message: string): TrainingState => ({
    run: 'r2',
    stage,
    message,
    startedAt: '2026-11-23T10:00:00',
    steps: fakeSteps(steps, 180),
    totalSteps: 180,
    proving: 0,
    voice: null,
    error: null,
    aside: false,
    memoryForecast: 812_000_000,
  })
  if (scene === 'training') training = run('training', 104, 'Learning from your pieces; the newest are kept aside.')
  if (scene === 'interrupted')
    training = run(
      'interrupted',
      60,
      'The training stopped at step 60 of 180 when Idiolect was closed. Nothing is lost.',
    )

  const state = (): AppState => ({
    firstStart: scene === 'first' && documents.length === 0,
    documents: documents.length,
    passages: documents.length * 4,
    base: models.find((model) => model.role === 'chat' && model.inUse)?.id ?? null,
    embedder: models.find((model) => model.role === 'embedder' && model.inUse)?.id ?? null,
    voice: voices.find((voice) => voice.active)?.id ?? null,
    training,
    questions: questions.length,
  })
  const changed = () => tell('state.changed', state())
  const sources = (): Source[] =>
    documents.slice(2, 5).map(({ id, title, path, date, text }) => ({
      document: id,
      title,
      path,
      date,
      text: text.split('\n\n')[1] ?? '',
    }))
  const find = (id: string): DocumentFull => {
    const document = documents.find((known) => known.id === id)
    if (!document) throw { name: 'NotFound', message: `There is no piece ${id}.`, next: 'Import the folder again.' }
    return document
  }
  async function stream(request: string, index: number, text: string): Promise<string> {
    let sent = ''
    for (const token of text.match(/\S+\s*/g) ?? []) {
      if (stopped.has(request)) break
      await pause(35)
      sent += token
      tell('stream', { request, index, text: token })
    }
    return sent
  }

  let conversations = [
    { id: 'c1', title: 'An opening about the ferry', at: '2026-11-23T09:12:00', messages: 2 },
    { id: 'c2', title: 'A shorter ending for the bread piece', at: '2026-11-21T17:40:00', messages: 6 },
  ]
  const message = (id: string, role: ChatMessage['role'], text: string, sent = false): ChatMessage => ({
    id,
    conversation: 'c1',
    parent: null,
    role,
    text,
    at: '2026-11-23T09:12:00',
    voice: 'v1',
    sources: role === 'assistant' ? sources() : [],
    stopped: sent,
  })
  const history: HeadlineRecord[] = fresh
    ? []
    : [
        {
          id: 'h1',
          at: '2026-11-22T20:02:00',
          excerpt: 'The harbour was empty when I came down, save for the two gulls who own it.',
          text: 'The harbour was empty…',
          candidates: HEADLINES,
          picked: 'What the harbour keeps',
          edited: 'What the harbour keeps to itself',
          voice: 'v1',
        },
        {
          id: 'h2',
          at: '2026-11-20T08:15:00',
          excerpt: 'It is easy to be wise about other people’s bread.',
          text: 'It is easy…',
          candidates: HEADLINES,
          picked: null,
          edited: null,
          voice: null,
        },
      ]

  async function train(): Promise<void> {
    for (let step = 1; step <= 180; step++) {
      await pause(60)
      if (training?.stage === 'paused') step -= 1
      else if (training?.stage !== 'training') return
      else tell('train.step', { run: 'r2', ...(fakeSteps(180, 180)[step - 1] as ReturnType<typeof fakeSteps>[number]) })
    }
  }
  const set = (next: TrainingState | null): TrainingState => {
    training = next
    if (next) tell('train.state', next)
    return next as TrainingState
  }

  const handlers: Handlers = {
    'app.info': async () => ({
      version: '0.1.0',
      host: 'browser',
      platform: 'linux',
      dataFolder: '/home/ada/.local/share/idiolect',
      sampleFolder: '/opt/idiolect/sample',
      cores: 8,
      chatThreads: 4,
      trainThreads: 3,
      memoryBytes: 16.6e9,
      freeMemoryBytes: 9e9,
      device: 'CPU (zen4)',
    }),
    'app.state': async () => state(),
    'app.settings': async () => settings,
    'app.set': async (change) => (settings = { ...settings, ...change }),
    'request.cancel': async ({ request }) => ({ cancelled: Boolean(stopped.add(request)) }),
    'files.choose': async () => ({ supported: false, paths: [] }),
    'files.list': async ({ path = '/home/ada', kind }) => ({
      path,
      parent: path === '/' ? null : '/home',
      entries: [
        ...['Documents', 'Pictures', 'writing'].map((name, i) => ({
          name,
          path: `${path}/${name}`,
          folder: true,
          pieces: i === 2 ? 112 : 0,
        })),
        ...(kind === 'gguf' ? [{ name: 'model.gguf', path: `${path}/model.gguf`, folder: false, pieces: 0 }] : []),
      ],
    }),
    'library.import': async ({ request, paths }) => {
      const all = fakeDocuments(112)
      if (paths[0]?.includes('empty')) all.length = 0
      for (const stage of ['finding', 'reading', 'embedding'] as const) {
        for (let i = 0; i <= all.length; i += 8) {
          if (stopped.has(request)) throw { name: 'Cancelled', message: 'Stopped.', next: null }
          tell('import.progress', { request, stage, done: i, total: all.length, current: all[i]?.path ?? null })
          await pause(30)
        }
      }
      documents = all
      questions = all.length > 0 ? fakeQuestions : []
      changed()
      const skipped = [
        { path: '/home/ada/writing/cover.png', reason: 'A picture (PNG), not writing.' },
        { path: '/home/ada/writing/old.md', reason: 'Its text is not UTF-8: byte 0x92 at offset 1,204.' },
      ]
      return { documents: all.length, passages: all.length * 4, unchanged: 0, skipped, questions }
    },
    'library.list': async ({ limit = 50, offset = 0 }) => ({
      documents: documents.slice(offset, offset + limit),
      total: documents.length,
    }),
    'library.get': async ({ document }) => find(document),
    'library.search': async ({ query }) => {
      if (query === 'fail')
        throw {
          name: 'IndexBusy',
          message: 'The index is being written: 3 of 112 pieces are left.',
          next: 'Search again in a moment.',
        }
      return {
        passages: documents.slice(4, 12).map((d, i) => ({
          passage: `p${i}`,
          document: d.id,
          path: d.path,
          title: d.title,
          date: d.date,
          text: d.text.split('\n\n')[2] ?? '',
          score: 1 / (60 + i),
          bm25Rank: i % 3 === 1 ? null : i + 1,
          vectorRank: i % 3 === 2 ? null : i + 1,
        })),
      }
    },
    'library.questions': async () => questions,
    'library.answer': async ({ question }) => (questions = questions.filter(({ id }) => id !== question)),
    'library.setStatus': async ({ document, status }) => Object.assign(find(document), { status }),
    'library.remove': async ({ document }) => {
      documents = documents.filter(({ id }) => id !== document)
      return { removed: true }
    },
    'models.list': async () => models,
    'models.get': async ({ request, model }) => {
      const wanted = models.find(({ id }) => id === model)
      if (!wanted) throw { name: 'NotFound', message: `There is no model ${model}.`, next: null }
      for (let part = 0; part <= 40; part++) {
        if (stopped.has(request)) throw { name: 'Cancelled', message: 'Stopped.', next: null }
        tell('models.progress', {
          request,
          model,
          stage: 'downloading',
          receivedBytes: (wanted.bytes * part) / 40,
          totalBytes: wanted.bytes,
          source: 'Hugging Face hub',
        })
        await pause(120)
      }
      models = models.map((known) => (known.id === model ? { ...known, installed: true, inUse: true } : known))
      changed()
      return wanted
    },
    'models.add': async () => {
      await pause(600)
      throw {
        name: 'NotAModel',
        message: 'model.gguf begins with the bytes 50 4B 03 04; a GGUF begins with 47 47 55 46.',
        next: 'Choose a file that ends in .gguf and was fetched whole.',
      }
    },
    'models.use': async () => state(),
    'models.remove': async ({ model }) => {
      models = models.map((known) => (known.id === model ? { ...known, installed: false, inUse: false } : known))
      return { removed: true }
    },
    'train.forecast': async () =>
      documents.length < 4
        ? {
            ready: false,
            why: 'There are 0 pieces to learn from; training needs at least 8.',
            pieces: 0,
            examples: { train: 0, validation: 0, proof: 0 },
            tokens: 0,
            steps: 0,
            seconds: null,
            memoryBytes: null,
            options: { rank: 8, alpha: 16, targets: ['q', 'v'], lr: 0.001, epochs: 2, batch: 4, seed: 1, threads: 3 },
          }
        : {
            ready: true,
            why: null,
            pieces: 102,
            tasks: ['headline', 'tag', 'prose'],
            examples: { train: 361, validation: 38, proof: 48 },
            tokens: 210_000,
            steps: 180,
            seconds: 560,
            memoryBytes: 640e6,
            options: { rank: 8, alpha: 16, targets: ['q', 'v'], lr: 0.001, epochs: 2, batch: 4, seed: 1, threads: 3 },
          },
    'train.start': async () => {
      const next = set(run('training', 0, 'Learning from your pieces; the newest are kept aside.'))
      void train()
      return next
    },
    'train.resume': async () => set(run('training', 60, 'Going on from step 60.')),
    'train.pause': async () =>
      set(training && { ...training, stage: 'paused', message: 'Paused. The model rests; go on when you like.' }),
    'train.continue': async () => set(training && { ...training, stage: 'training' }),
    'train.cancel': async () => set(training && { ...training, stage: 'cancelled' }),
    'train.state': async () => training,
    'voices.list': async () => voices,
    'voices.use': async ({ voice }) => (voices = voices.map((known) => ({ ...known, active: known.id === voice }))),
    'voices.rename': async ({ voice, name }) => {
      voices = voices.map((known) => (known.id === voice ? { ...known, name } : known))
      return voices.find(({ id }) => id === voice) as (typeof voices)[number]
    },
    'voices.remove': async ({ voice }) => {
      voices = voices.filter(({ id }) => id !== voice)
      return { removed: true }
    },
    'voices.export': async ({ file }) => ({ file, bytes: 1_860_000 }),
    'voices.import': async () => voices[0] as (typeof voices)[number],
    'voices.proof': async ({ voice }) => (voice === 'v3' ? null : fakeProof(voice, voice === 'v1')),
    'task.train': async () => set(run('training', 0, 'Learning the form of the task.')),
    'task.list': async () => [],
    'task.remove': async () => ({ removed: true }),
    'task.export': async ({ file }) => ({ file, bytes: 1_860_000 }),
    'task.import': () => Promise.reject(new Error('not in the fake')),
    'profile.get': async ({ task }) => profiles.get(task) ?? null,
    'profile.write': async ({ request, task, by = 'model' }) => {
      const own = { task, at: new Date().toISOString(), base: null, pieces: documents.map(({ id }) => id) }
      const text = by === 'model' ? await stream(request, 0, PROFILE) : 'Titles of about 6 words, from 3 to 9.'
      if (stopped.has(request)) throw { name: 'Cancelled', message: 'Stopped.', next: null }
      profiles.set(task, { ...own, text, by })
      return { ...own, text, by }
    },
    'profile.set': async ({ task, text }) => {
      const own = { task, text, by: 'owner' as const, at: new Date().toISOString(), base: null, pieces: [] }
      if (text.trim() === '') profiles.delete(task)
      else profiles.set(task, own)
      return text.trim() === '' ? null : own
    },
    'headline.write': async ({ request, text }) => {
      await pause(300)
      const written = await Promise.all(HEADLINES.map((headline, index) => stream(request, index, headline)))
      const id = `h${history.length + 1}`
      history.unshift({
        id,
        at: new Date().toISOString(),
        excerpt: text.slice(0, 80),
        text,
        candidates: written,
        picked: null,
        edited: null,
        voice: 'v1',
      })
      return {
        id,
        candidates: written.map((candidate) => ({ text: candidate, score: -1.2 })),
        sources: sources(),
        voice: 'v1',
      }
    },
    'headline.pick': async ({ id, picked, edited }) => {
      const record = history.find((known) => known.id === id)
      if (!record) throw { name: 'NotFound', message: `There is no headline ${id}.`, next: null }
      return Object.assign(record, { picked, edited: edited ?? null })
    },
    'headline.list': async () => [...history],
    'tag.suggest': noWindow,
    'tag.pick': noWindow,
    'rate.suggest': noWindow,
    'rate.pick': noWindow,
    'draft.write': noWindow,
    score: noWindow,
    'chat.send': async ({ request, text, conversation }) => {
      await pause(400)
      const answer = await stream(request, 0, ANSWER)
      if (!conversation)
        conversations = [
          { id: 'c3', title: text.slice(0, 40), at: new Date().toISOString(), messages: 2 },
          ...conversations,
        ]
      const own = { conversation: conversation ?? 'c3' }
      return {
        question: { ...message(`${request}q`, 'user', text), ...own },
        answer: { ...message(`${request}a`, 'assistant', answer, stopped.has(request)), ...own },
      }
    },
    'chat.list': async () => (fresh ? [] : conversations),
    'chat.get': async () => [
      message('m1', 'user', 'Give me an opening for a piece about missing the ferry.'),
      message('m2', 'assistant', ANSWER),
    ],
    'chat.remove': async ({ conversation }) => {
      conversations = conversations.filter(({ id }) => id !== conversation)
      return { removed: true }
    },
  }

  return {
    async call<N extends CallName>(name: N, input: Calls[N]['in']): Promise<Calls[N]['out']> {
      await pause(20)
      return structuredClone(await (handlers[name] as (input: unknown) => Promise<Calls[N]['out']>)(input))
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      set.add(listener as (event: never) => void)
      return () => set.delete(listener as (event: never) => void)
    },
  }
}
