/**
 * How a file turns its queries and keys by their positions (RoPE, Su et al., arXiv 2104.09864), with the ways of
 * stretching it to longer texts: linear, YaRN (Peng et al., arXiv 2309.00071), frequency factors (Llama 3, LongRoPE).
 * The rules are those of `load_hparams` and `llama_context`'s constructor in llama.cpp.
 */
import { IdiolectError } from '../errors.ts'
import type { GgufFile } from '../gguf/read.ts'
import type { ArchitectureRules } from './architectures.ts'

export interface RopeShape {
  /** Elements of a head that are turned; the rest pass. */
  dims: number
  mode: 0 | 2
  /** Tokens that the model saw before it was stretched. */
  originalContext: number
  /** Share of YaRN's correction: 1 with it, 0 without. */
  extFactor: number
  /** Factor on what is turned. */
  attnFactor: number
  betaFast: number
  betaSlow: number
  /** Names of the tensors with frequency factors for texts of the usual length and for longer ones. */
  factors: { usual: string | null; long: string | null }
}

/** A block's own part of it. */
export interface BlockRope {
  freqBase: number
  freqScale: number
}

const SCALINGS = ['none', 'linear', 'yarn', 'longrope']

/** @throws IdiolectError `NotCarried` for a kind of scaling that is not known */
export function readRope(
  gguf: GgufFile,
  rules: ArchitectureRules,
  headSize: number,
  context: number,
): { shape: RopeShape; block: BlockRope } {
  const name = gguf.string('general.architecture')
  const number = (key: string, otherwise: number): number => gguf.number(`${name}.rope.${key}`, otherwise)
  const scaling = gguf.string(`${name}.rope.scaling.type`, 'linear')
  if (!SCALINGS.includes(scaling)) {
    throw new IdiolectError(
      'NotCarried',
      `${gguf.file}: RoPE scaling ${JSON.stringify(scaling)} cannot be trained`,
      `The kinds that can be are ${SCALINGS.join(', ')}. The file can still chat.`,
    )
  }
  const own = (key: string, otherwise: number): number =>
    rules.yarnKeys ? number(`scaling.${key}`, otherwise) : otherwise
  const factor = number('scaling.factor', number('scale_linear', 0)) || 1
  const yarn = scaling === 'yarn'
  const tensor = (kind: string): string | null => (gguf.tensors.has(`${kind}.weight`) ? `${kind}.weight` : null)
  const one = rules.ropeFactors ? tensor('rope_freqs') : null
  const longrope = rules.ropeFactors && one === null
  return {
    shape: {
      dims: number('dimension_count', headSize),
      mode: rules.ropeMode,
      originalContext: number('scaling.original_context_length', context),
      extFactor: yarn ? 1 : 0,
      attnFactor: (yarn ? yarnFactor(factor, own('yarn_log_multiplier', 0)) : 1) * number('scaling.attn_factor', 1),
      betaFast: own('yarn_beta_fast', 32),
      betaSlow: own('yarn_beta_slow', 1),
      factors: {
        usual: one ?? (longrope ? tensor('rope_factors_short') : null),
        long: one ?? (longrope ? tensor('rope_factors_long') : null),
      },
    },
    block: { freqBase: number('freq_base', 10000), freqScale: scaling === 'none' ? 1 : 1 / factor },
  }
}

/** YaRN's factor on attention, with what ggml multiplies by itself divided out. */
function yarnFactor(factor: number, logMultiplier: number): number {
  const mscale = (by: number): number => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1)
  const wanted = logMultiplier === 0 ? mscale(1) : mscale(1) / mscale(logMultiplier)
  return wanted / (1 + 0.1 * Math.log(factor))
}
