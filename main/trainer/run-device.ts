/** The device that a run computes on, as its plan says. */
import { IdiolectError } from '../errors.ts'
import type { Device } from '../ggml/device.ts'
import { openDevice } from '../ggml/open.ts'
import type { RunPlan } from './types.ts'

export interface RunDevice extends Disposable {
  device: Device
  /** Set when the plan's device is gone, in words for the user. */
  note: string | null
}

/**
 * Opens the plan's device. A run that was begun on a GPU which is not there any more goes on on the CPU: what it has
 * learned must not hang on a cable or a driver.
 * @param begun has the run made steps already
 * @throws IdiolectError `NoDevice` or `NoEngine` for a run that was not begun
 */
export function openRunDevice(
  plan: RunPlan,
  begun: boolean,
  options: { threads?: number | undefined; open?: typeof openDevice | undefined },
): RunDevice {
  const { open = openDevice, threads = plan.settings.threads } = options
  const variant = plan.settings.device ?? 'cpu'
  const opened = (device: Device, note: string | null): RunDevice => ({
    device,
    note,
    [Symbol.dispose]: () => device.free(),
  })
  try {
    return opened(open({ variant, threads }), null)
  } catch (error) {
    const gone = error instanceof IdiolectError && ['NoDevice', 'NoEngine'].includes(error.name)
    if (!gone || !begun || variant === 'cpu') throw error
    const note = `The run was begun on ${variant}, which is not there any more (${error.message}): it goes on on the CPU`
    return opened(open({ variant: 'cpu', threads }), note)
  }
}
