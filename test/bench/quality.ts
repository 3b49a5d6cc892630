/**
 * Bar 2, the figure that counts: from examples on disk to a voice that is as good as PEFT's. PEFT trains as people run
 * it (bf16, batch 16, padded to the longest) at three learning rates, and the best of its voices is held against ours,
 * made of a part of the examples, read once in small batches with LoRA on every matrix: what is asked for is time. One judge
 * scores all voices on unseen queries: node-llama-cpp, which will use them; what PEFT says of its own voice stands beside it.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { defaultSettings } from '../../main/examples/defaults.ts'
import { boundedHistory } from '../../main/examples/spread.ts'
import { openBase } from '../../main/inference/base.ts'
import type { Base } from '../../main/inference/types.ts'
import { TARGET_NAMES } from '../../main/model/tensors.ts'
import type { TokenExample, TrainSettings } from '../../main/trainer/types.ts'
import { type OurResult, trainOurs } from './ours.ts'
import { type PeftJob, type PeftResult, trainPeft } from './peft.ts'
import { voiceFromPeft } from './peft-voice.ts'
import { loadPeople, type Person } from './protocol.ts'
import { qualityReport } from './quality-report.ts'
import type { BenchOptions, PartResult } from './types.ts'

/** PEFT's learning rates where none are asked for. */
export const RATES = [4e-3, 8e-3, 1.6e-2]

export interface PersonResult {
  id: string
  task: Person['task']
  examples: number
  tokens: number
  /** Nats per answer token, the end token counted, by node-llama-cpp. */
  base: number
  ours: { nll: number; seconds: number; peakBytes: number; settings: object; run: OurResult['result'] }
  /** One a learning rate; `nll` by node-llama-cpp. */
  peft: { lr: number; nll: number; own: PeftResult }[]
}

export async function qualityPart(options: BenchOptions): Promise<PartResult> {
  const { data, say, threads } = options
  if (data === null) throw new Error('the quality bench needs --data FOLDER with headline.json and prose.json')
  const files = { headline: path.join(data, 'headline.json'), prose: path.join(data, 'prose.json') }
  const all = await withBase(options, async (base) => loadPeople(base, files))
  const people = options.quick ? all.slice(2, 4).map(shortened) : chosen(all, options.people)
  const results: PersonResult[] = []
  for (const person of people) {
    say(`quality: ${person.id}, ours`)
    const ours = await trainOur(options, person)
    const peft: { lr: number; own: PeftResult }[] = []
    for (const lr of options.peft ? (options.quick ? options.rates.slice(1, 2) : options.rates) : []) {
      say(`quality: ${person.id}, PEFT at ${lr}`)
      peft.push({ lr, own: await trainTheirs(options, person, lr) })
    }
    // Scoring comes after both trainings, with the base loaded anew, so that it neither slows nor fattens them.
    results.push(await withBase(options, (base) => judge(options, base, person, ours, peft)))
  }
  return qualityReport(options, results, threads)
}

/** @throws Error naming a part that fits nobody, with everybody's ids */
export function chosen<T extends { id: string }>(people: readonly T[], parts: readonly string[]): T[] {
  const nobody = parts.find((part) => !people.some(({ id }) => id.includes(part)))
  if (nobody !== undefined) throw new Error(`${nobody} is nobody of ${people.map(({ id }) => id).join(', ')}`)
  return people.filter(({ id }) => parts.length === 0 || parts.some((part) => id.includes(part)))
}

/** A few examples, to see that everything works. */
function shortened(person: Person): Person {
  return { ...person, train: person.train.slice(0, 8), heldOut: person.heldOut.slice(0, 2), epochs: 1 }
}

const sum = (examples: readonly TokenExample[]): number => examples.reduce((all, { tokens }) => all + tokens.length, 0)
const fileName = (person: Person): string => person.id.replaceAll(/[^\w-]/g, '-')

/** The app's settings but for what time to quality asks; the app itself reads everything, short histories several times. */
function ourSettings(train: readonly TokenExample[], threads: number): TrainSettings {
  const settings = defaultSettings({ examples: train.length, tokens: sum(train), threads })
  return { ...settings, targets: [...TARGET_NAMES], lr: OUR_RATE, batch: 2, epochs: 1 }
}

const OUR_RATE = 4e-3
/** Share of the examples that ours reads; PEFT reads headlines twice and prose once. */
const SHARE = { headline: 0.4, prose: 0.3 }

/** As the app takes a part of a history: the newest headlines, passages of all its time. */
function someOf({ task, train }: Person): TokenExample[] {
  return boundedHistory(task, train, Math.ceil(train.length * SHARE[task]))
}

async function trainOur(options: BenchOptions, person: Person): Promise<OurResult> {
  const train = someOf(person)
  const settings = ourSettings(train, options.threads)
  const folder = path.join(options.out, 'runs', fileName(person))
  return trainOurs({
    folder,
    base: options.base,
    train,
    settings,
  })
}

function trainTheirs(options: BenchOptions, person: Person, lr: number): Promise<PeftResult> {
  if (!options.peft) throw new Error('no PEFT here')
  const job: PeftJob = {
    examples: person.train,
    heldOut: person.heldOut,
    lr,
    epochs: person.epochs,
    batch: 16,
    rank: 8,
    alpha: 8,
    targets: ['q', 'v'],
    dropout: 0.05,
    warmup: 0.1,
    weightDecay: 0.01,
    clip: 0.3,
    seed: 1,
    threads: options.threads,
  }
  const { fresh, say } = options
  return trainPeft(options.peft, options.base, job, { keepIn: path.join(options.out, 'peft'), fresh, say })
}

async function judge(
  { out, threads }: BenchOptions,
  base: Base,
  person: Person,
  ours: OurResult,
  peft: { lr: number; own: PeftResult }[],
): Promise<PersonResult> {
  const voices = path.join(out, 'voices')
  mkdirSync(voices, { recursive: true })
  const nllOf = async (file: string | null): Promise<number> => {
    const scores = await base.score(person.heldOut, { voice: file === null ? null : { file, scale: 1 } })
    return scores.reduce((all, { nll }) => all + nll, 0) / scores.reduce((all, { tokens }) => all + tokens, 0)
  }
  const judged: PersonResult['peft'] = []
  for (const { lr, own } of peft) {
    const file = path.join(voices, `${fileName(person)}-peft-${lr}.gguf`)
    voiceFromPeft(own.adapter as string, base.file, file)
    judged.push({ lr, own, nll: await nllOf(file) })
  }
  return {
    id: person.id,
    task: person.task,
    examples: person.train.length,
    tokens: sum(person.train),
    base: await nllOf(null),
    ours: {
      nll: await nllOf(ours.voice),
      seconds: ours.seconds,
      peakBytes: ours.peakBytes,
      settings: ourSettings(someOf(person), threads),
      run: ours.result,
    },
    peft: judged,
  }
}

async function withBase<T>({ base: file, threads }: BenchOptions, work: (base: Base) => Promise<T>): Promise<T> {
  const base = await openBase(file, { threads })
  try {
    return await work(base)
  } finally {
    await base.dispose()
  }
}
