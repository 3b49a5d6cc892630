/**
 * AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101) on flat arrays, with the gradient's
 * global norm clipped first. An adapter has some hundred thousand numbers, so this runs on the CPU in milliseconds,
 * the same bit by bit on every device.
 */

export interface OptimizerSettings {
  weightDecay: number
  /** Bound on the gradient's global L2 norm; 0: none. */
  clip: number
}

const BETA1 = 0.9
const BETA2 = 0.999
const EPSILON = 1e-8

/** One parameter array with its first and second moments; all of one length. */
export interface Moments {
  value: Float32Array
  m: Float32Array
  v: Float32Array
  /** Factor on the learning rate, 1 when not given: LoRA+ gives B a larger rate (Hayou et al., arXiv 2402.12354). */
  rate?: number
}

export function zeroMoments(value: Float32Array): Moments {
  return { value, m: new Float32Array(value.length), v: new Float32Array(value.length) }
}

/**
 * One update in place.
 * @param step counts from 1
 * @param lr of arrays without a `rate` of their own
 * @returns the gradient's global norm before clipping
 */
export function adamwStep(
  parameters: readonly Moments[],
  gradients: readonly Float32Array[],
  step: number,
  lr: number,
  { weightDecay, clip }: OptimizerSettings,
): number {
  let sum = 0
  for (const gradient of gradients) for (let i = 0; i < gradient.length; i++) sum += (gradient[i] as number) ** 2
  const norm = Math.sqrt(sum)
  // PyTorch's clip_grad_norm_ adds the same small number, so that curves can be compared.
  const factor = clip > 0 && norm > clip ? clip / (norm + 1e-6) : 1
  const correction1 = 1 - BETA1 ** step
  const correction2 = 1 - BETA2 ** step
  parameters.forEach(({ value, m, v, rate = 1 }, at) => {
    const gradient = gradients[at] as Float32Array
    const ownRate = lr * rate
    for (let i = 0; i < value.length; i++) {
      const g = (gradient[i] as number) * factor
      const m1 = BETA1 * (m[i] as number) + (1 - BETA1) * g
      const v1 = BETA2 * (v[i] as number) + (1 - BETA2) * g * g
      m[i] = m1
      v[i] = v1
      const old = value[i] as number
      const update = m1 / correction1 / (Math.sqrt(v1 / correction2) + EPSILON)
      value[i] = old - ownRate * (update + weightDecay * old)
    }
  })
  return norm
}

/** Linear warm-up over the first `warmup` of the steps, then linear decay that would reach 0 one step past the end. */
export function learningRate(peak: number, warmup: number, step: number, steps: number): number {
  const rising = Math.max(1, Math.round(steps * warmup))
  if (step <= rising) return (peak * step) / rising
  return (peak * (steps - step + 1)) / (steps - rising + 1)
}
