/** What a run's settings say of its adapter, as the engine takes it. */
import { checkScalable } from '../adapters/scale-rows.ts'
import { IdiolectError } from '../errors.ts'
import type { GgufFile } from '../gguf/read.ts'
import { ADAPTER_KINDS, type AdapterSpec } from '../model/adapter.ts'
import { parseTargets } from '../model/lora.ts'
import type { TrainSettings } from './types.ts'

/** Rows of a prompt when none are asked for: with fewer the paper's figures fall, with more they hardly rise. */
export const VIRTUAL_TOKENS = 20

/** @throws IdiolectError `BadOption` for an unknown kind or target; plans without a kind mean LoRA */
export function adapterOf(settings: TrainSettings): AdapterSpec {
  const { kind = 'lora', rank, alpha, rslora = false, virtualTokens = VIRTUAL_TOKENS } = settings
  if (kind === 'ia3') return { kind }
  if (kind === 'prompt') return { kind, tokens: virtualTokens }
  if (kind === 'lora') return { kind, rank, alpha, rslora, targets: parseTargets(settings.targets) }
  throw new IdiolectError(
    'BadOption',
    `${JSON.stringify(kind)} is no kind of adapter`,
    `Kinds are ${ADAPTER_KINDS.join(', ')}.`,
  )
}

/**
 * Before hours are spent: can the base generate with such a voice?
 * @throws IdiolectError `NotMergeable` for (IA)3 on a base whose rows cannot be scaled
 */
export function checkUsable(spec: AdapterSpec, base: GgufFile): void {
  if (spec.kind !== 'ia3') return
  for (const { name, typeName } of base.tensors.values()) if (SCALED.test(name)) checkScalable(name, typeName)
}

/** Weights that (IA)3 scales, as files name them. */
const SCALED = /^blk\.\d+\.(attn_k|attn_v|attn_qkv|ffn_up)\.weight$/

/** Factor on the learning rate of each of an adapter's tensors: LoRA+ gives B a larger one. */
export function rateOf({ lrRatioB = 1 }: TrainSettings, tensor: string): number {
  return tensor.endsWith('.lora_b') ? lrRatioB : 1
}

/** Rows that this adapter puts in front of every text. */
export function prefixOf(spec: AdapterSpec): number {
  return spec.kind === 'prompt' ? spec.tokens : 0
}
