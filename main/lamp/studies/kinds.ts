/**
 * PEFT methods (OPPU, arXiv 2402.04401): LoRA, (IA)3 and prompt tuning as the engine carries them, each with the rate
 * that its kind is trained with by default.
 */
import type { AdapterKind } from '../../../preload/contract.ts'
import { kindSettings } from '../../examples/defaults.ts'
import { compareWithChosen, type Measured, measuredAt, runReference, type Study, type StudyContext } from './study.ts'

export const KIND_NAMES: Record<AdapterKind, string> = { lora: 'LoRA', ia3: '(IA)3', prompt: 'prompt tuning' }

export interface KindsOptions {
  kinds?: readonly AdapterKind[]
  /** Rows of a prompt; 20 when not given. */
  virtualTokens?: number
}

export async function kindsStudy(
  context: StudyContext,
  { kinds = ['lora', 'ia3', 'prompt'], virtualTokens }: KindsOptions = {},
): Promise<Study> {
  const { methods, against, run } = context
  const reference = await runReference(context)
  const measured: Measured[] = []
  for (const kind of kinds) {
    const scores = await run({ name: kind, methods, settings: kindSettings(kind, virtualTokens) })
    measured.push(...measuredAt(context, KIND_NAMES[kind], scores, reference))
  }
  return {
    name: 'kinds',
    question: 'Which kind of adapter learns a hand?',
    axis: 'kind of adapter',
    places: kinds.map((kind) => KIND_NAMES[kind]),
    joined: false,
    chosen: kinds.includes('lora') ? KIND_NAMES.lora : null,
    against,
    measure: context.measure,
    rows: compareWithChosen(context, measured, KIND_NAMES.lora),
    notes: ['Each kind with its own default rate and number of parameters, not all with the same.'],
  }
}
