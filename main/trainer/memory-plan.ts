/**
 * What a run will take of memory, said before anything is allocated, and the plan that fits: whether blocks' results
 * are kept or computed again, whether matrices are held twice or streamed, how many rows are packed together, and how
 * many packs are computed at once. The
 * forecast builds the very engine on a dry device and takes one step, so that its sizes come from where memory is
 * asked for; only what Node itself takes is a measured constant.
 */
import { availableMemory } from '../available-memory.ts'
import { IdiolectError } from '../errors.ts'
import type { Device } from '../ggml/device.ts'
import { dryDevice } from '../ggml/dry-device.ts'
import type { TypeNumber } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
import type { AdapterSpec } from '../model/adapter.ts'
import { ALIGN, pack, rowsOf } from '../model/batch.ts'
import { Engine } from '../model/engine.ts'
import type { FrozenPair } from '../model/frozen-lora.ts'
import { readHyperparameters } from '../model/hyperparameters.ts'
import type { Streamed, WeightForms } from '../model/weights.ts'
import { prefixOf } from './adapter-of.ts'

/** All of it decides speed and memory only: results are the same but for the order of some sums, and dropout's masks. */
export interface MemoryPlan {
  /** Rows of a pack. */
  capacity: number
  /** Blocks whose results are computed again in the backward pass. */
  recomputed: number
  /** Matrices kept once, in the file's own type, and converted for each product. */
  streamed: Streamed
  /** Packs that are computed at the same time; one when left out. */
  lanes?: number
}

export interface MemoryQuestion {
  device: Device
  gguf: GgufFile
  forms: WeightForms
  productType?: TypeNumber
  adapter: AdapterSpec
  /** The task adapter that it is trained over. */
  under?: readonly FrozenPair[] | null
  dropout: number
  /** Rows of the longest example, what an adapter puts before it included. */
  longestRows: number
  /** Lanes that steps can keep busy: see `worthwhileLanes`; one when left out. A GPU has one. */
  lanes?: number
  /** Resident bytes of this process before anything of the engine is there. */
  before: number
  /** Resident bytes that this process grew by since then, the device open and measured. */
  opened?: number
  /**
   * Bytes the worker may take, `before` included; default: what is free, less a reserve. Of a GPU its own memory, where
   * nothing of this process lies but what it computes with.
   */
  cap?: number
}

export interface Forecast extends MemoryPlan {
  /** Most resident bytes of the worker, `before` included; on a GPU, most bytes of its memory. */
  forecastBytes: number
}

/** Rows that products want to be efficient; more takes memory and gains little. */
const USUAL_ROWS = 512
/** Fewer make products slower, on several threads; and a lane has no more. */
const FEWEST_ROWS = 256
/** Left for everything else on the machine when no cap is given. */
const RESERVE = 1 << 30
/** Of what a run may take, what it may take for lanes: other programs have more use for memory that saves a third of a run's time. */
const LANES_SHARE = 0.5
/** Of a GPU's free memory, what a run may plan with: drivers need some for themselves. */
const GPU_SHARE = 0.9
/** What V8's heap, the libraries' own data and an allocator's remains grow by; measured, see the notebook. */
const GROWTH = { loading: 10e6, training: 24e6 }
/** What the device's libraries and a moment of measuring take. */
const OPENED = 8e6
/** Arrays of the adapter's size on this side: value, two moments, the best so far, a gradient and its garbage. */
const ADAPTER_ARRAYS = 7
/** Where there are several lanes: the gradient of a second one, while it is added. */
const LANES_ARRAYS = 1

/** Most bytes that a run by this plan will hold at once. */
export async function forecast(q: MemoryQuestion, plan: MemoryPlan): Promise<number> {
  const dry = dryDevice(q.device)
  const { lanes = 1 } = plan
  let loading = 0
  using engine = new Engine(dry.device, q.gguf, {
    weightType: { ...q.forms, streamed: plan.streamed },
    ...(q.productType === undefined ? {} : { productType: q.productType }),
    capacity: plan.capacity,
    recomputed: plan.recomputed,
    adapter: q.adapter,
    under: q.under ?? null,
    dropout: q.dropout,
    lanes: { count: lanes, threads: lanes },
    onLoad: () => {
      loading = dry.peak
    },
  })
  dry.mark()
  const prefix = engine.prefix
  const rows = Math.min(q.longestRows, plan.capacity)
  const text = (length: number) => ({ tokens: new Int32Array(length - prefix), answerFrom: 1 })
  const left = plan.capacity % rows
  const texts = Array.from({ length: Math.floor(plan.capacity / rows) }, () => text(rows))
  if (left > prefix + ALIGN) texts.push(text(left))
  const job = { batch: pack(texts, prefix), dropoutSeed: q.dropout > 0 ? 'forecast' : null }
  await engine.train(Array.from({ length: lanes }, () => [job]))
  if (q.device.kind !== 'cpu') return Math.max(loading, dry.peak)
  const parameters = (engine.adapter?.tensors ?? []).reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  )
  const adapter = parameters * 4 * (ADAPTER_ARRAYS + (lanes > 1 ? LANES_ARRAYS : 0))
  const training = dry.peak + engine.hostBytes + adapter
  const start = q.before + (q.opened ?? OPENED)
  return Math.round(start + Math.max(loading + GROWTH.loading, training + GROWTH.training))
}

/**
 * The fastest plan under the cap. What costs least time for its memory goes first: lanes, and rows beyond those that
 * products want; then the blocks' second copies, as many as must; then the head's; then kept results; then rows.
 * @throws IdiolectError `NotEnoughMemory` with the nearest plan that fits
 */
export async function planMemory(q: MemoryQuestion): Promise<Forecast> {
  const cap = q.cap ?? roomOf(q)
  const { blocks } = readHyperparameters(q.gguf)
  const all: Streamed = { blocks, head: true }
  const fits = async (plan: MemoryPlan): Promise<Forecast | null> => {
    const forecastBytes = await forecast(q, plan)
    return forecastBytes <= cap ? { ...plan, forecastBytes } : null
  }
  /** Of plans in order of falling memory, the first that fits; the last one is known to fit. */
  const first = async (count: number, planOf: (n: number) => MemoryPlan, last: Forecast): Promise<Forecast> => {
    let [low, high, best] = [0, count, last]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const found = await fits(planOf(middle))
      if (found) [high, best] = [middle, found]
      else low = middle + 1
    }
    return best
  }
  const roomy = Math.max(USUAL_ROWS, q.longestRows)
  const fewer = Math.max(FEWEST_ROWS, q.longestRows)
  const held: Streamed = { blocks: 0, head: false }
  const forLanes = q.before + (cap - q.before) * LANES_SHARE
  // Streamed matrices would be converted by each lane for itself.
  for (let lanes = q.device.kind === 'cpu' ? (q.lanes ?? 1) : 1; lanes > 1; lanes--) {
    const found = await fits({ capacity: fewer, recomputed: 0, streamed: held, lanes })
    if (found && found.forecastBytes <= forLanes) return found
  }
  for (const capacity of new Set([roomy, fewer])) {
    const found = await fits({ capacity, recomputed: 0, streamed: held })
    if (found) return found
  }
  for (const capacity of new Set([roomy, fewer, q.longestRows])) {
    const kept = { capacity, recomputed: 0 }
    const heldHead = await fits({ ...kept, streamed: { blocks, head: false } })
    if (heldHead) return first(blocks, (n) => ({ ...kept, streamed: { blocks: n, head: false } }), heldHead)
    const nothingHeld = await fits({ ...kept, streamed: all })
    if (nothingHeld) return nothingHeld
    const least = await fits({ capacity, recomputed: blocks, streamed: all })
    if (least) return first(blocks, (n) => ({ capacity, recomputed: n, streamed: all }), least)
  }
  throw await refusal(q, cap, blocks)
}

/** Of a plan that was made when other programs took less or more: as many of its lanes as fit now; at least 1. */
export async function lanesThatFit(q: MemoryQuestion, plan: MemoryPlan): Promise<number> {
  const cap = q.cap ?? roomOf(q)
  for (let lanes = plan.lanes ?? 1; lanes > 1; lanes--) {
    if ((await forecast(q, { ...plan, lanes })) <= cap) return lanes
  }
  return 1
}

function roomOf({ device, before }: MemoryQuestion): number {
  if (device.kind !== 'cpu') return device.memory().free * GPU_SHARE
  const free = availableMemory()
  return Math.max(free - RESERVE, free / 2) + before
}

/** Lengths of text that a refusal looks at, tokens. */
const LENGTHS = [4096, 3072, 2048, 1536, 1024, 768, 512, 384, 256, 192, 128, 64]

async function refusal(q: MemoryQuestion, cap: number, blocks: number): Promise<IdiolectError> {
  const prefix = prefixOf(q.adapter)
  const longest = q.longestRows - prefix
  const least = (length: number): Promise<number> => {
    const rows = Math.min(q.longestRows, rowsOf({ tokens: new Int32Array(length), answerFrom: 1 }, prefix))
    return forecast(
      { ...q, longestRows: rows },
      { capacity: rows, recomputed: blocks, streamed: { blocks, head: true } },
    )
  }
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`
  const wanted = await least(longest + 1)
  const message = `training takes at least ${gigabytes(wanted)} with texts of ${longest} tokens, and ${gigabytes(cap)} may be used`
  for (const length of LENGTHS) {
    if (length >= longest) continue
    const bytes = await least(length)
    if (bytes > cap) continue
    return new IdiolectError(
      'NotEnoughMemory',
      message,
      `With --max-tokens ${length} it would take ${gigabytes(bytes)}; or close other programs.`,
    )
  }
  const file = q.gguf.fileSize
  const room = Math.max(0, file - ((await least(Math.min(longest, 256))) - cap))
  return new IdiolectError(
    'NotEnoughMemory',
    message,
    room > 0
      ? `Close other programs, or train with a smaller base model: its file may have about ${gigabytes(room)}, this one has ${gigabytes(file)}.`
      : 'Close other programs, or give the worker more memory.',
  )
}
