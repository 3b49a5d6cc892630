/** The tables of the quality bench, and what they say of bars 2 and 3. */
import type { PersonResult } from './quality.ts'
import { gigabytes } from './table.ts'
import { type Bar, type BenchOptions, NO_PEFT, type PartResult } from './types.ts'

const HEAD = [
  '',
  'base',
  'PEFT: NLL',
  'lr',
  'time',
  'memory',
  'ours: NLL',
  'time',
  'memory',
  'time ratio',
  'memory ratio',
  'no worse?',
]

export interface Compared {
  best: PersonResult['peft'][number]
  time: number
  memory: number
  noWorse: boolean
}

/** Against PEFT's best learning rate by the common judge, or null where there is no PEFT. */
export function compared({ ours, peft }: Pick<PersonResult, 'ours' | 'peft'>): Compared | null {
  const [best] = [...peft].sort((a, b) => a.nll - b.nll)
  if (best === undefined) return null
  return {
    best,
    time: ours.seconds / best.own.seconds,
    memory: ours.peakBytes / best.own.peakBytes,
    noWorse: ours.nll <= best.nll,
  }
}

export function qualityReport(options: BenchOptions, results: PersonResult[], threads: number): PartResult {
  const { peft, quick } = options
  const kept = results.some((person) => person.peft.some(({ own }) => own.kept))
  return {
    tables: [
      {
        title: `Time to quality, ${threads} thread${threads === 1 ? '' : 's'}`,
        head: HEAD,
        rows: results.map(rowOf),
        notes: [
          'NLL in nats per answer token of unseen queries, the end token counted, all judged by node-llama-cpp on the GGUF.',
          "Time: ours from the start of the worker's process to the voice on disk; PEFT's is training alone, of its best learning rate.",
          'Memory: ours of the whole worker, from start to voice; PEFT only while training, loading left out.',
          ...(kept
            ? ['*: this PEFT result, time too, was kept from an earlier run of the bench; --fresh trains anew.']
            : []),
          ...(peft ? [peft.versions] : []),
          ...(quick ? ['Quick: a few examples only, not to be quoted.'] : []),
        ],
      },
      ...(peft ? [ratesTable(results)] : []),
    ],
    bars: bars(results),
    data: results.map((person) => ({ ...person, compared: compared(person) })),
  }
}

function rowOf(person: PersonResult): string[] {
  const { ours, id, base } = person
  const against = compared(person)
  const our = [ours.nll.toFixed(3), `${ours.seconds.toFixed(1)} s`, gigabytes(ours.peakBytes)]
  const name = `${id} (${person.examples}, ${person.tokens} tokens)`
  if (!against) return [name, base.toFixed(3), '', '', '', '', ...our, NO_PEFT, NO_PEFT, '']
  const { best, time, memory, noWorse } = against
  return [
    name,
    base.toFixed(3),
    best.nll.toFixed(3),
    String(best.lr),
    `${best.own.seconds.toFixed(1)} s${best.own.kept ? '*' : ''}`,
    gigabytes(best.own.peakBytes),
    ...our,
    time.toFixed(2),
    memory.toFixed(2),
    noWorse ? 'yes' : `no, by ${(ours.nll - best.nll).toFixed(3)}`,
  ]
}

function ratesTable(results: PersonResult[]): PartResult['tables'][number] {
  return {
    title: "PEFT's learning rates",
    head: ['', 'lr', 'NLL by node-llama-cpp', 'NLL by PEFT', 'base by PEFT', 'time', 'process peak'],
    rows: results.flatMap(({ id, peft }) =>
      peft.map(({ lr, nll, own }) => [
        id,
        String(lr),
        nll.toFixed(3),
        own.after?.toFixed(3) ?? '',
        own.before?.toFixed(3) ?? '',
        `${own.seconds.toFixed(1)} s${own.kept ? '*' : ''}`,
        gigabytes(own.processPeakBytes),
      ]),
    ),
    notes: [],
  }
}

function bars(results: PersonResult[]): Bar[] {
  const all = results.flatMap((person) => compared(person) ?? [])
  const none = all.length === 0
  const list = (of: (one: Compared) => number): string => all.map((one) => of(one).toFixed(2)).join(', ')
  const worse = all.filter(({ noWorse }) => !noWorse).length
  return [
    {
      bar: '2 time to quality',
      wanted: "at most 1/2 of PEFT's time, no worse (aim 1/4)",
      measured: none ? NO_PEFT : `${list(({ time }) => time)}${worse > 0 ? `; worse: ${worse}` : ''}`,
      met: none ? null : all.every(({ time, noWorse }) => time <= 0.5 && noWorse),
    },
    {
      bar: '3 memory of these runs',
      wanted: 'at most 1/3 of PEFT',
      measured: none ? NO_PEFT : list(({ memory }) => memory),
      met: none ? null : all.every(({ memory }) => memory <= 1 / 3),
    },
  ]
}
