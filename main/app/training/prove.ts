/**
 * What follows a run: a control voice to be compared with, and the proof, both from the run folder alone. A base of its
 * own is opened for it, so that chatting need not wait.
 */
import { rmSync } from 'node:fs'
import path from 'node:path'
import type { Proof, Said } from '../../../preload/contract.ts'
import { removeMerged } from '../../adapters/merge.ts'
import { sha256OfContent } from '../../adapters/share-voice.ts'
import { makeFolder } from '../../atomic.ts'
import type { Choices } from '../../evaluation/answers.ts'
import { shuffledAnswers } from '../../evaluation/control.ts'
import { keepScores } from '../../evaluation/kept-scores.ts'
import { runProof } from '../../evaluation/proof.ts'
import { readProof, writeProof } from '../../evaluation/proof-file.ts'
import { DEFAULT_PROMPT, sharedOut } from '../../examples/defaults.ts'
import { createPromptBuilder } from '../../examples/prompt.ts'
import { tasksOnScale } from '../../examples/rate.ts'
import type { TaskName } from '../../examples/types.ts'
import { openBase } from '../../inference/base.ts'
import { seeded, shuffle } from '../../random.ts'
import { english, say } from '../../said.ts'
import { readExamples } from '../../trainer/examples-file.ts'
import { createRun, examplesFile, hasPlan, readPlan, readResult, voiceFile } from '../../trainer/run-folder.ts'
import type { TokenExample } from '../../trainer/types.ts'
import { keepUnder, underFile } from '../../trainer/under.ts'
import { type ProofQuery, readProofQueries } from './run-plan.ts'
import type { StandIns } from './task-adapter-files.ts'

/** Examples that the control is trained on at most, and for half as long: it need not cost as much again as the voice. */
const CONTROL_EXAMPLES = 128

export interface Control {
  file: string
  /** The task adapter that it was trained over, or null. */
  under: string | null
  /** Words that complete "It leads …". */
  is: Said
}

/**
 * Prepares the folder of the control's run: the run's own prompts, with answers dealt to other prompts. Task by task,
 * so that no prose answers a headline's prompt.
 *
 * It takes fewer steps than the voice, on 128 of its examples at most and for half as many epochs. So a lead over it is an
 * upper bound of what the answers' belonging to their prompts is worth: some of it may be form, and the owner's words, that
 * the voice had more steps to learn. A voice that does not lead even this one has shown nothing of its owner's hand.
 * @returns the folder, and whether its voice is already there
 */
export function controlRun(folder: string): { folder: string; done: boolean } {
  const control = path.join(folder, 'control')
  if (!hasPlan(control)) {
    const plan = readPlan(folder)
    const { train } = readExamples(examplesFile(folder))
    const tasks = plan.about.trainTasks as string[]
    const groups = new Map<string, TokenExample[]>()
    train.forEach((example, i) => {
      const task = tasks[i] ?? 'all'
      groups.set(task, [...(groups.get(task) ?? []), example])
    })
    const share = Math.min(1, CONTROL_EXAMPLES / train.length)
    const dealt = [...groups].flatMap(([task, examples]) => {
      const some = shuffle([...examples], seeded(`${plan.settings.seed}/control/${task}`))
      const chosen = some.slice(0, Math.max(2, Math.round(examples.length * share)))
      return chosen.length < 2 ? chosen : shuffledAnswers(chosen, plan.settings.seed)
    })
    makeFolder(control)
    const under = plan.under ? { under: keepUnder(control, underFile(folder)) } : {}
    createRun(
      control,
      {
        ...plan,
        ...under,
        run: `${plan.run}-control`,
        settings: { ...plan.settings, epochs: Math.ceil(epochsDone(folder) / 2), patience: 0 },
        // From the voice that the run went on from, the control would be the user's own voice already.
        lineage: undefined,
        examples: { train: dealt.length, validation: 0 },
        about: { name: 'control', shuffled: true },
      },
      dealt,
      [],
    )
  }
  return { folder: control, done: readResult(control) !== null }
}

/** Passes over the examples that the run took: fewer than planned where it ended early. */
function epochsDone(folder: string): number {
  const { settings, examples } = readPlan(folder)
  const steps = readResult(folder)?.steps
  if (steps === undefined) return settings.epochs
  return Math.max(1, Math.min(settings.epochs, Math.ceil(steps / Math.ceil(examples.train / settings.batch))))
}

/** The task adapter in a run's folder, or null. */
const underIn = (folder: string): string | null => (readPlan(folder).under ? underFile(folder) : null)

/** How a trained control is called. */
export function controlOf(folder: string): Control {
  const control = path.join(folder, 'control')
  const count = readPlan(control).examples.train
  return {
    file: voiceFile(control),
    under: underIn(control),
    is: say('control.shuffled', count),
  }
}

/** Kept until the proof is written: a proof that was broken off goes on where it was. */
const SCORES_FILE = 'proof-scores.jsonl'

/** Scores the run's proof pieces and writes proof.json; a proof that is there is read. */
export async function proveRun(
  folder: string,
  voice: string,
  control: Control,
  options: {
    threads: number
    standIns: StandIns
    onProgress: (share: number) => void
    signal: AbortSignal
  },
): Promise<Proof> {
  const known = readProof(folder)
  if (known) return known
  const plan = readPlan(folder)
  const proof = readProofQueries(folder)
  const shown = new Map(proof.map((one) => [one.query, one]))
  const base = await openBase(plan.base.file, { threads: options.threads })
  try {
    const scores = path.join(folder, SCORES_FILE)
    const result = await runProof({
      base: { ...base, ...keepScores(base, scores, sha256OfContent) },
      baseId: plan.base.id,
      run: plan.run,
      voice,
      queries: proof.map(({ query }) => query),
      builder: withTaskPrompts(
        createPromptBuilder(base, tasksOnScale({ scores: scaleIn(plan.about) })),
        base.contextSize,
        plan.about.profiles as Profiles | undefined,
      ),
      choices: choicesOf(plan.about, proof),
      prompt: DEFAULT_PROMPT.headline,
      voiceFile: voiceFile(folder),
      otherFile: control.file,
      taskFile: underIn(folder),
      standIns: options.standIns,
      otherTaskFile: control.under,
      otherIs: english(control.is),
      otherSaid: control.is,
      retrieve: (query) => shown.get(query)?.retrieved ?? [],
      retrieveWithoutVoice: (query) => shown.get(query)?.withoutVoice ?? shown.get(query)?.retrieved ?? [],
      seed: plan.settings.seed,
      onProgress: options.onProgress,
      signal: options.signal,
    })
    const proven = ofKnownStart(result, plan.about)
    writeProof(folder, proven)
    rmSync(scores, { force: true })
    return proven
  } finally {
    await base.dispose()
    // What the voices themselves are used from is made beside them.
    removeMerged(voiceFile(folder))
    removeMerged(voiceFile(path.join(folder, 'control')))
  }
}

/** A voice that may have learnt from what it was proved on, by the voice that it goes on from, wins nothing by itself. */
export function ofKnownStart(proof: Proof, { unknownStart }: Record<string, unknown>): Proof {
  if (typeof unknownStart !== 'string') return proof
  const why = say('proof.unknownStart', unknownStart)
  const before = proof.said?.code === 'proof.lost' ? proof.said.values[0] : []
  const said = say('proof.lost', [why, ...before])
  return { ...proof, won: false, verdict: english(said), said }
}

type Profiles = Partial<Record<TaskName, string>>

/** The scale that the run's prompts name; runs from before there were ratings have none. */
const scaleIn = ({ scale }: Record<string, unknown>): number[] => (Array.isArray(scale) ? (scale as number[]) : [])

/** What tags and scores were chosen from before the proof. A run from before this was noted knows what retrieval shows. */
function choicesOf(about: Record<string, unknown>, proof: readonly ProofQuery[]): Choices {
  const shown = proof.flatMap(({ query, retrieved }) =>
    query.task === 'tag' ? retrieved.map(({ answer }) => answer) : [],
  )
  const tag = Array.isArray(about.vocabulary) ? (about.vocabulary as string[]) : shown
  return { tag, rate: scaleIn(about).map(String) }
}

/** Each task's prompt is cut, and has its profile, as it was in training, whatever options come in. */
function withTaskPrompts(
  builder: ReturnType<typeof createPromptBuilder>,
  contextSize: number,
  profiles: Profiles = {},
): { example: typeof builder.example } {
  return {
    example: (query, retrieved, asked) =>
      builder.example(query, retrieved, {
        ...sharedOut(DEFAULT_PROMPT[query.task], retrieved.length),
        maxTokens: Math.min(asked.maxTokens ?? contextSize, contextSize),
        profile: profiles[query.task] ?? null,
      }),
  }
}
