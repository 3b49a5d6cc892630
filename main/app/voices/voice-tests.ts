/**
 * The surface of a voice's tests: blind trials, samples before and after, forgetting and copying. All are made in the
 * background, one text at a time, so that whoever asks for an answer meanwhile comes next; what is done is kept at once.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type {
  Copying,
  Handlers,
  VoiceCheck,
  VoiceSample,
  VoiceSamples,
  VoiceTest,
  VoiceTestProgress,
  VoiceTestsCalls,
} from '../../../preload/contract.ts'
import { resourceFolder } from '../../entries.ts'
import { IdiolectError } from '../../errors.ts'
import { COPIED_WORDS, countSame, measureCopying } from '../../evaluation/copying.ts'
import { type GeneralText, measureForgetting } from '../../evaluation/forgetting.ts'
import { spread } from '../../examples/spread.ts'
import type { Voices } from '../../inference/types.ts'
import { english } from '../../said.ts'
import type { AppContext } from '../context.ts'
import { heldOutOf, whyNoHeldOut } from '../library/held-out.ts'
import { learnedTexts } from './learned-texts.ts'
import { leftFor, trialOf, writeItem } from './voice-trials.ts'
import { unknownVoice, voicesFor } from './voices.ts'

/** Openings of each task that samples are written for. */
const SAMPLES = 3
/** Items of a trial when nothing is said, and at most. */
const ITEMS = 8
const MOST_ITEMS = 50

export function voiceTestHandlers(context: AppContext): Pick<Handlers, keyof VoiceTestsCalls> {
  const { store, bases, events, requests } = context
  const working = new Map<string, VoiceTestProgress>()

  /** One test of a voice at a time; how far it came is told, its end too, however it comes. */
  const testing = <T>(
    voice: string,
    request: string,
    test: VoiceTest,
    work: (told: (made: number, of: number) => void, signal: AbortSignal) => Promise<T>,
  ): Promise<T> =>
    requests.run(request, async (signal) => {
      const busy = working.get(voice)
      if (busy)
        throw new IdiolectError(
          'AlreadyTesting',
          `this voice is being tested already (${busy.test})`,
          'Wait for it, or stop it.',
        )
      const told = (made: number, of: number, over = false): void => {
        const progress = { voice, request, test, made, of, over }
        if (over) working.delete(voice)
        else working.set(voice, progress)
        events.emit('voices.progress', progress)
      }
      told(0, 1)
      try {
        return await work(told, signal)
      } finally {
        told(1, 1, true)
      }
    })

  /** What comes too late for a voice that was removed is not kept: nobody would ever see or remove it. */
  const checkThere = (voice: string): void => {
    if (!store.voices.get(voice)) throw unknownVoice(context, voice)
  }

  /** Trained strength, whatever the owner speaks with: the tests are of the voice, not of a setting. */
  const useOf = (voice: string): Voices => {
    // By name: the task decides nothing.
    const used = voicesFor(context, { voice, scale: 1 }, 1, 'headline')
    if (!used) throw unknownVoice(context, voice)
    return used.use
  }

  const writeSamples = async (
    voice: string,
    told: (made: number, of: number) => void,
    signal: AbortSignal,
  ): Promise<VoiceSamples> => {
    const held = heldOutOf(context, voice)
    const use = useOf(voice)
    const chosen = (['headline', 'prose'] as const).flatMap((task) =>
      spread(
        held.queries.filter((query) => query.task === task),
        SAMPLES,
      ),
    )
    const samples: VoiceSample[] = []
    for (const query of chosen) {
      signal.throwIfAborted()
      const { document, title, date, task, input, answer } = query
      const [alone, spoken] = await bases.withBase(
        async (base) => [await held.write(base, query, null, signal), await held.write(base, query, use, signal)],
        signal,
      )
      const sample = { document, title, date: date || null, task, opening: input, own: answer }
      samples.push({ ...sample, base: alone ?? '', voice: spoken ?? '' })
      told(samples.length, chosen.length)
    }
    signal.throwIfAborted()
    const written = { at: new Date().toISOString(), base: bases.baseModel().id, seed: held.seed, samples }
    checkThere(voice)
    store.voiceReports.put(voice, 'samples', written)
    return written
  }

  return {
    async 'voices.tests'({ voice }) {
      const said = whyNoHeldOut(context, voice)
      return {
        samples: store.voiceReports.get<VoiceSamples>(voice, 'samples'),
        check: store.voiceReports.get<VoiceCheck>(voice, 'check'),
        trial: trialOf(context, voice),
        working: working.get(voice) ?? null,
        whyNot: said && english(said),
        said,
      }
    },
    'voices.trial': ({ request, voice, count = ITEMS, own = false }) =>
      testing(voice, request, 'trial', async (told, signal) => {
        if (!Number.isInteger(count) || count < 1 || count > MOST_ITEMS)
          throw new IdiolectError('BadOption', `count takes a whole number from 1 to ${MOST_ITEMS}, not ${count}`, null)
        const held = heldOutOf(context, voice)
        const use = useOf(voice)
        let made = 0
        for (const query of leftFor(context, voice, store.trials.list(voice))) {
          // Stopped: what was written before stands, and is all that was wanted.
          if (made === count || signal.aborted) break
          const item = await bases
            .withBase((base) => writeItem(base, held, query, { voice, use, own, signal }), signal)
            .catch((error: unknown) => (signal.aborted ? null : Promise.reject(error)))
          if (item === null || signal.aborted) continue
          checkThere(voice)
          store.trials.add(item)
          told(++made, count)
        }
        return trialOf(context, voice)
      }),
    async 'voices.judge'({ item, picked }) {
      const trial = store.trials.get(item)
      if (!trial) throw new IdiolectError('UnknownTrial', `there is no pair of texts ${JSON.stringify(item)}`, null)
      if (!Number.isInteger(picked) || picked < -1 || picked >= trial.options.length)
        throw new IdiolectError('BadOption', `${picked} is none of the ${trial.options.length} texts`, null)
      store.trials.judge(item, picked)
      return trialOf(context, trial.voice)
    },
    'voices.samples': ({ request, voice }) =>
      testing(voice, request, 'samples', (told, signal) => writeSamples(voice, told, signal)),
    'voices.check': ({ request, voice }) =>
      testing(voice, request, 'check', async (told, signal) => {
        const use = useOf(voice)
        const texts = generalTexts()
        const total = 2 * texts.length
        const forgetting = await bases.withBase(
          (base) =>
            measureForgetting({
              base,
              voice: use,
              texts,
              seed: 1,
              signal,
              onProgress: (done) => told(done, 2 * total),
            }),
          signal,
        )
        const kept = store.voiceReports.get<VoiceSamples>(voice, 'samples')
        const known = whyNoHeldOut(context, voice) === null
        const samples = known
          ? (kept ?? (await writeSamples(voice, (done, of) => told(total + (total * done) / of, 2 * total), signal)))
          : null
        const copying = samples && copyingOf(context, voice, samples)
        const check = { at: new Date().toISOString(), forgetting, copying }
        checkThere(voice)
        store.voiceReports.put(voice, 'check', check)
        return check
      }),
  }
}

/** In all that the voice has written for its tests so far. */
function copyingOf(context: AppContext, voice: string, { samples }: VoiceSamples): Copying {
  const trials = context.store.trials.list(voice)
  const trialTexts = (by: 'voice' | 'base'): { task: string; text: string }[] =>
    trials.flatMap(({ task, options }) =>
      options.filter((option) => option.by === by).map(({ text }) => ({ task, text })),
    )
  const spoken = [...samples.map(({ task, voice: text }) => ({ task, text })), ...trialTexts('voice')]
  const alone = [...samples.map(({ base }) => base), ...trialTexts('base').map(({ text }) => text)]
  const sources = learnedTexts(context, voice)
  const facts = measureCopying(
    spoken.map(({ text }) => text),
    sources,
  )
  const base = measureCopying(alone, sources)
  const headlines = spoken.filter(({ task }) => task === 'headline').map(({ text }) => text)
  return {
    texts: spoken.length,
    words: COPIED_WORDS,
    ...facts,
    baseRuns: base.runs,
    baseCopied: base.copied,
    sameTitles: countSame(
      headlines,
      sources.map(({ title }) => title),
    ),
  }
}

/** Plain texts on general matters that come with the app: nobody's own hand. */
function generalTexts(): GeneralText[] {
  const folder = resourceFolder('general')
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((name) => ({ name, text: readFileSync(path.join(folder, name), 'utf8') }))
}
