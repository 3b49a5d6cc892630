/** The devices that could train here, each tried in a child of its own, and which one is meant by a choice. */
import type { TrainingDevice } from '../../../preload/contract.ts'
import { startChild } from '../../child.ts'
import { entryFile } from '../../entries.ts'
import { IdiolectError } from '../../errors.ts'
import { librariesFolder, VARIANTS, type Variant } from '../../ggml/library.ts'
import type { DeviceFacts } from '../../ggml/list.ts'

export const DEVICES: readonly TrainingDevice[] = ['auto', ...VARIANTS]

/** Chatting runs on the CPU (`main/inference/llama.ts`), and what chats trains where nothing else is asked for. */
export const CHATS_ON: Variant = 'cpu'

/** The device that a choice stands for. */
export function meantDevice(choice: TrainingDevice | undefined): Variant {
  return choice === undefined || choice === 'auto' ? CHATS_ON : choice
}

function hasLibraries(kind: Variant): boolean {
  try {
    librariesFolder(kind)
    return true
  } catch {
    return false
  }
}

/** Milliseconds that a driver is given to open its device. */
const PATIENCE = 30_000

/** Tries one kind of device in a child. @param entry the built child; `out/main/device-child.js` when not given */
export function tryDevice(kind: Variant, entry?: string): Promise<DeviceFacts> {
  const none = (whyNot: string): DeviceFacts => ({
    kind,
    name: null,
    description: null,
    freeBytes: null,
    totalBytes: null,
    lacking: [],
    whyNot,
  })
  if (!hasLibraries(kind)) return Promise.resolve(none(`there are no ${kind} libraries for this machine`))
  return new Promise((resolve) => {
    const { process: child } = startChild(entry ?? entryFile('device-child'))
    const settle = (facts: DeviceFacts): void => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      resolve(facts)
    }
    const timer = setTimeout(() => settle(none(`it did not answer within ${PATIENCE / 1000} seconds`)), PATIENCE)
    child.once('message', (message) => settle(message as DeviceFacts))
    child.once('error', (error) => settle(none(`it could not be tried: ${error.message}`)))
    child.once('exit', (code, signal) => settle(none(`its driver ended the process (${signal ?? `code ${code}`})`)))
    child.send(kind, () => {})
  })
}

/** Every kind of device whose libraries are here. */
export async function listDevices(entry?: string): Promise<DeviceFacts[]> {
  const found: DeviceFacts[] = []
  // One after another: drivers are heavy to load, and this is asked for seldom.
  for (const kind of VARIANTS) if (hasLibraries(kind)) found.push(await tryDevice(kind, entry))
  return found
}

/**
 * A device that was asked for by name must be there before anything is prepared.
 * @throws IdiolectError `NoDevice` with the reason
 */
export async function checkDevice(choice: TrainingDevice | undefined, entry?: string): Promise<void> {
  const kind = meantDevice(choice)
  if (kind === 'cpu') return
  const { whyNot } = await tryDevice(kind, entry)
  if (whyNot === null) return
  throw new IdiolectError(
    'NoDevice',
    `this machine cannot train on ${kind}: ${whyNot}`,
    'Train on the CPU, or see what `idiolect doctor` says of its devices.',
  )
}
