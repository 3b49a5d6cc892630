/** Invented, seeded data in the contract's shapes. */
import type {
  DocumentFull,
  ImportQuestion,
  ModelInfo,
  Proof,
  ProofScore,
  TrainingStep,
  Voice,
} from '../../preload/contract.ts'

/** Mulberry32: small, seeded, good enough for pictures. */
export function seeded(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const SUBJECTS = [
  'The ferry that waits for nobody',
  'On keeping a smaller garden',
  'Three ways to ruin a good bread',
  'What the tide table does not say',
  'A short defence of long walks',
  'Notes on a borrowed house',
  'The clockmaker’s apology',
  'Rain, and what to do about it',
  'How I stopped numbering my notebooks',
  'A letter to whoever finds the kettle',
  'The last bus and its regulars',
  'Why the bridge hums',
  'Small repairs, large weather',
  'Reading in the wrong order',
  'An inventory of the shed',
  'The quiet carriage is not quiet',
]
const TAGS = ['walks', 'house', 'sea', 'garden', 'bread', 'weather', 'books', 'repairs']
const SENTENCES = [
  'The harbour was empty when I came down, save for the two gulls who own it.',
  'I had meant to write about the tides, and wrote about the kettle instead.',
  'Nobody tells you that a garden is mostly a way of paying attention to the same six square yards.',
  'There is a kind of rain that only falls on people who have just hung out the washing.',
  'My grandfather kept a ledger of the weather, and never once looked anything up in it.',
  'It is easy to be wise about other people’s bread.',
  'We walked as far as the second gate, agreed that it was far enough, and went on.',
  'The bridge hums in a south-westerly, somewhere a little below the note of a refrigerator.',
  'I like a house that creaks in a different place each winter.',
  'What I wanted was a plan; what I had was a list of things that were not the plan.',
]

export function fakeDocuments(count: number): DocumentFull[] {
  const random = seeded(7)
  const pick = <T>(from: T[]): T => from[Math.floor(random() * from.length)] as T
  return Array.from({ length: count }, (_, i) => {
    const year = 2015 + Math.floor(((i + random() * 4) / (count + 4)) * 11)
    const date = `${year}-${String(1 + Math.floor(random() * 12)).padStart(2, '0')}-${String(1 + Math.floor(random() * 28)).padStart(2, '0')}`
    const subject = SUBJECTS[i % SUBJECTS.length] as string
    const title = i < SUBJECTS.length ? subject : `${subject}, again (${Math.floor(i / SUBJECTS.length)})`
    const paragraphs = Array.from({ length: 6 + Math.floor(random() * 5) }, () =>
      Array.from({ length: 3 + Math.floor(random() * 4) }, () => pick(SENTENCES)).join(' '),
    )
    const draft = i % 23 === 5
    const other = i % 31 === 9
    return {
      id: `d${i}`,
      path: `/home/ada/writing/${date}-piece.md`,
      title,
      date,
      tags: [...new Set([pick(TAGS), pick(TAGS)])],
      rating: i % 4 === 0 ? 4 : null,
      words: paragraphs.join(' ').split(' ').length,
      kind: 'markdown' as const,
      status: draft || other ? ('asked' as const) : i % 29 === 3 ? ('excluded' as const) : ('mine' as const),
      author: other ? 'Jonah Reyes' : 'Ada Lindqvist',
      draft,
      text: paragraphs.join('\n\n'),
    }
  }).sort((a, b) => b.date.localeCompare(a.date))
}

export const fakeQuestions: ImportQuestion[] = [
  {
    id: 'q1',
    kind: 'author',
    author: 'Jonah Reyes',
    documents: 4,
    examples: ['An inventory of the shed', 'The last bus and its regulars'],
  },
  {
    id: 'q2',
    kind: 'draft',
    author: null,
    documents: 6,
    examples: ['Notes on a borrowed house', 'Why the bridge hums'],
  },
]

const model = (part: Partial<ModelInfo> & Pick<ModelInfo, 'id' | 'name' | 'bytes' | 'note'>): ModelInfo => ({
  role: 'chat',
  installed: false,
  origin: 'catalog',
  architecture: 'llama',
  quantization: 'Q4_1',
  parameters: 135e6,
  licence: 'Apache-2.0',
  path: null,
  sha256: null,
  trainable: true,
  whyNot: null,
  inUse: false,
  ...part,
})

export function fakeModels(installed: boolean): ModelInfo[] {
  return [
    model({
      id: 'smollm2-135m',
      name: 'SmolLM2 135M Instruct',
      bytes: 98_400_000,
      note: 'The starter: small and quick, trains in minutes on a laptop.',
      installed,
      inUse: installed,
    }),
    model({
      id: 'smollm2-1.7b',
      name: 'SmolLM2 1.7B Instruct',
      bytes: 1_060_000_000,
      parameters: 1.71e9,
      quantization: 'Q4_K_M',
      note: 'Writes noticeably better; trains over night.',
    }),
    model({
      id: 'big',
      name: 'A large model of your own',
      bytes: 14_600_000_000,
      parameters: 24e9,
      quantization: 'Q4_K_M',
      note: 'Added from a file.',
      origin: 'file',
      licence: null,
      installed: true,
      trainable: false,
      whyNot: 'Voices can’t be trained on it: its architecture is gemma3, and training knows llama.',
      architecture: 'gemma3',
    }),
    model({
      id: 'minilm',
      name: 'all-MiniLM-L6-v2',
      role: 'embedder',
      architecture: 'bert',
      bytes: 25_000_000,
      parameters: 22.6e6,
      quantization: 'Q8_0',
      note: 'A small sentence embedder that finds passages by what they mean.',
      trainable: false,
    }),
  ]
}

export function fakeSteps(count: number, total: number): TrainingStep[] {
  const random = seeded(3)
  return Array.from({ length: count }, (_, i) => ({
    step: i + 1,
    steps: total,
    epoch: 1 + Math.floor((2 * i) / total),
    loss: 3.05 + 0.75 * Math.exp(-i / 25) + (random() - 0.5) * 0.35,
    validation: i % 15 === 0 ? 3.12 + 0.6 * Math.exp(-i / 28) : null,
    lr: 0.001 * (1 - i / total),
    gradNorm: 0.8,
    tokens: 900 * i,
    tokensPerSecond: 148 + random() * 12,
    memoryBytes: 612e6,
    secondsLeft: (total - i) * 3.4,
  }))
}

export function fakeVoices(): Voice[] {
  const voice = (part: Partial<Voice> & Pick<Voice, 'id' | 'name'>): Voice => ({
    base: 'smollm2-135m',
    createdAt: '2026-11-20T18:12:00',
    run: 'r1',
    active: false,
    usable: true,
    whyNot: null,
    pieces: 112,
    examples: 420,
    tokens: 190_000,
    trainingSeconds: 520,
    rank: 8,
    alpha: 16,
    targets: ['q', 'v'],
    bytes: 1_860_000,
    won: true,
    gain: 0.21,
    tasks: ['headline', 'prose'],
    ...part,
  })
  return [
    voice({ id: 'v1', name: 'Autumn', active: true }),
    voice({
      id: 'v2',
      name: 'First try',
      createdAt: '2026-11-12T09:01:00',
      won: false,
      gain: 0.01,
      pieces: 31,
      trainingSeconds: 95,
    }),
    voice({
      id: 'v3',
      name: 'From the old laptop',
      run: null,
      won: null,
      gain: null,
      usable: false,
      whyNot: 'It was trained on SmolLM2 1.7B, and SmolLM2 135M is in use.',
    }),
  ]
}

export function fakeProof(voice: string, won: boolean): Proof {
  const score = (nll: number): ProofScore => ({ nll, low: nll - 0.11, high: nll + 0.12 })
  const off = won ? 0 : 0.2
  return {
    run: 'r1',
    voice,
    base: 'smollm2-135m',
    computedAt: '2026-11-20T18:30:00',
    queries: 24,
    pieces: 12,
    scores: {
      base: score(3.62),
      voice: score(3.38 + off),
      other: score(3.66),
      baseWithRetrieval: score(3.51),
      voiceWithRetrieval: score(3.31 + off),
      otherWithRetrieval: score(3.54),
    },
    gain: {
      overBase: { mean: 0.24 - off, low: 0.17 - off, high: 0.31 - off },
      overBaseWithRetrieval: { mean: 0.2 - off, low: 0.12 - off, high: 0.28 - off },
      overOther: { mean: 0.28 - off, low: 0.19 - off, high: 0.36 - off },
    },
    otherIs: 'a voice trained on the same pieces with their endings shuffled',
    won,
    verdict: won
      ? 'On 12 pieces it had never seen, your voice is less surprised than the base model, with your passages and without: it is switched on.'
      : 'On 12 pieces it had never seen, your voice does no better than the base model: it is kept, but not switched on.',
    items: fakeDocuments(24).map((piece, i) => ({
      document: piece.id,
      title: piece.title,
      date: piece.date,
      task: i % 3 === 0 ? 'headline' : 'prose',
      tokens: 60,
      base: 3.5 + (i % 7) * 0.05,
      voice: 3.28 + (i % 5) * 0.06 + (i === 3 ? 0.4 : 0),
      other: 3.6,
      baseWithRetrieval: 3.45,
      voiceWithRetrieval: 3.25,
      otherWithRetrieval: 3.5,
    })),
  }
}
