/** What runs for long, wherever it was begun: shown in the window's foot, and told when it ends. */
import { inWords, isStopped } from '../lib/errors.ts'
import { formatNumber, formatPercent } from '../lib/format.ts'
import { words } from '../words/words.ts'
import type { Space } from './app.svelte.ts'
import type { ImportStore } from './import.svelte.ts'
import type { LabelStore } from './labels.svelte.ts'
import { fractionOf, type ModelStore } from './models.svelte.ts'
import type { VoiceStore } from './voice.svelte.ts'

export interface Job {
  /** The same as long as it is the same job. */
  id: string
  text: string
  /** 0..1, or null while nothing is known. */
  value: number | null
  /** Where it can be seen whole. */
  space: Space
  cancel?: () => void
  /** What is said when it is no longer there. */
  ended: () => string
}

/** A reactive source: what it gives is read anew whenever what it read has changed. */
export type JobSource = () => Job | Job[] | null

export class JobStore {
  #sources = $state.raw<JobSource[]>([])

  all: Job[] = $derived(this.#sources.flatMap((source) => source() ?? []))

  /** To be called once, by what makes the stores. */
  add(source: JobSource): void {
    this.#sources = [...this.#sources, source]
  }
}

export function trainingJob(voice: VoiceStore): Job | null {
  const run = voice.training
  if (!voice.running || !run) return null
  const job = (text: string, value: number | null): Job => ({
    id: `training.${run.run}`,
    text,
    value,
    space: 'voice',
    ended: () => {
      const stage = voice.training?.stage
      if (stage === 'failed') return words.voice.failed
      if (stage === 'interrupted') return words.voice.interruptedTitle
      return stage === 'cancelled' ? words.voice.cancelled : words.status.trainingDone
    },
  })
  if (run.aside) return job(words.status.aside, voice.progress)
  if (run.stage === 'proving') return job(words.status.proving, run.proving)
  if (run.stage === 'paused') return job(words.status.paused, voice.progress)
  return job(words.status.training(formatPercent(voice.progress)), voice.progress)
}

export function downloadJobs(models: ModelStore): Job[] {
  return Object.entries(models.fetching).map(([model, progress]) => {
    const value = fractionOf(progress)
    return {
      id: `download.${model}`,
      text: words.status.modelDownload(formatPercent(value ?? 0)),
      value,
      space: 'models',
      cancel: () => models.pause(model),
      ended: () => {
        if (models.models.find(({ id }) => id === model)?.installed) return words.status.downloadDone
        const failed = models.failed[model]
        return failed ? inWords(failed).message : words.models.stages.paused
      },
    }
  })
}

export function importJob(imports: ImportStore): Job | null {
  if (!imports.running) return null
  const { progress } = imports
  const value = progress && progress.total > 0 ? progress.done / progress.total : null
  return {
    id: 'import',
    text: words.status.importing,
    value,
    space: 'library',
    cancel: () => imports.stop(),
    ended: () => {
      if (!imports.error) return words.status.importDone
      return isStopped(imports.error) ? words.status.importStopped : words.status.importFailed
    },
  }
}

/** Suggestions for many pieces. */
export function labelJob(labels: LabelStore): Job | null {
  const { job, task } = labels
  if (!job || job.state === 'done' || job.state === 'failed') return null
  const space = task === 'tag' ? 'tags' : 'ratings'
  return {
    id: `labels.${task}.${job.request}`,
    text: `${words.spaces[space]}: ${formatNumber(job.made)} / ${formatNumber(job.total)}`,
    value: job.total > 0 ? job.made / job.total : null,
    space,
    cancel: () => void labels.stop(),
    ended: () => words.status.labelsDone(words.spaces[space]),
  }
}
