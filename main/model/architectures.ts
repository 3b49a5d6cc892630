/**
 * The architectures that are carried, as data: what tells one from another, beside the numbers in a file's metadata.
 * Source: `src/models/<name>.cpp` and `llama_model_rope_type` of the llama.cpp release that node-llama-cpp brings.
 */
export const ARCHITECTURES = ['llama', 'mistral3', 'smollm3', 'qwen2', 'qwen3', 'gemma3', 'phi3'] as const
export type Architecture = (typeof ARCHITECTURES)[number]

export interface ArchitectureRules {
  /** RoPE turns neighbours (0, NORM) or an element with the one half a head away (2, NEOX). */
  ropeMode: 0 | 2
  /** What the gate goes through: SwiGLU or GeGLU (tanh form). */
  activation: 'silu' | 'gelu'
  /** Each head of q and k goes through an RMSNorm of its own before RoPE. */
  headNorms: boolean
  /** What attention and the feed-forward part give goes through an RMSNorm before it is added. */
  postNorms: boolean
  /** Gate and up are rows of one tensor, the gate first. */
  fusedGateUp: boolean
  /** Reads frequency factors: `rope_freqs`, or `rope_factors_short` and `rope_factors_long`. */
  ropeFactors: boolean
  /** Reads YaRN's bounds and its multiplier from the file; others have the usual ones whatever the file says. */
  yarnKeys: boolean
  /** Factor on a token's embedding. */
  embeddingScale: (width: number) => number
  /** Factor on q·k. */
  attentionScale: (shape: { blocks: number; width: number; heads: number; headSize: number }) => number
  /** Every n-th block has no RoPE; 0: all have. */
  ropeSkips: number
  /** The file's sliding window holds in all blocks but every n-th, unless the file has a pattern; 0: never. */
  windowPattern: number
}

const usual: ArchitectureRules = {
  ropeMode: 0,
  activation: 'silu',
  headNorms: false,
  postNorms: false,
  fusedGateUp: false,
  ropeFactors: false,
  yarnKeys: false,
  embeddingScale: () => 1,
  attentionScale: ({ headSize }) => 1 / Math.sqrt(headSize),
  ropeSkips: 0,
  windowPattern: 0,
}

/** Blocks of Gemma 3's 27B, the one size whose attention is scaled by another rule. */
const GEMMA3_27B_BLOCKS = 62

export const RULES: Record<Architecture, ArchitectureRules> = {
  // Llama 2 and 3, SmolLM2, Mistral up to Small 3.2.
  llama: { ...usual, ropeFactors: true },
  // Ministral 3 and its kin. Queries past the original context are scaled up; texts that long are refused.
  mistral3: { ...usual, ropeFactors: true, yarnKeys: true },
  smollm3: { ...usual, ropeSkips: 4 },
  qwen2: { ...usual, ropeMode: 2 },
  qwen3: { ...usual, ropeMode: 2, headNorms: true },
  gemma3: {
    ...usual,
    ropeMode: 2,
    activation: 'gelu',
    headNorms: true,
    postNorms: true,
    embeddingScale: Math.sqrt,
    attentionScale: ({ blocks, width, heads, headSize }) =>
      1 / Math.sqrt(blocks === GEMMA3_27B_BLOCKS ? Math.floor(width / heads) : headSize),
    windowPattern: 6,
  },
  // llama.cpp runs it without its sliding window.
  phi3: { ...usual, ropeMode: 2, fusedGateUp: true, ropeFactors: true },
}
