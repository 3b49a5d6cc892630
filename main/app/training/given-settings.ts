/** Training settings out of options, as the app and the terminal take them: what was not given is left to the defaults. */
import type { TrainOptions } from '../../../preload/contract.ts'
import { kindSettings } from '../../examples/defaults.ts'
import { parseTargets } from '../../model/lora.ts'
import type { TrainSettings } from '../../trainer/types.ts'
import { meantDevice } from '../models/devices.ts'

/**
 * A rank without an alpha means a scale of 1, whatever the rank. The kind's own settings stand in for the defaults.
 * @param options as `checkOptions` lets them pass
 */
export function givenSettings(options: TrainOptions): Partial<TrainSettings> {
  const { rank, alpha = rank, rslora, loraPlus, targets, lr, epochs, batch, dropout, seed, threads } = options
  const given: Partial<TrainSettings> = {
    rank,
    alpha,
    rslora,
    lrRatioB: loraPlus,
    targets: targets && parseTargets(targets),
    lr,
    epochs,
    batch,
    dropout,
    seed,
    threads,
    device: meantDevice(options.device),
  }
  const there = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return { ...kindSettings(options.kind, options.virtualTokens), ...there }
}
