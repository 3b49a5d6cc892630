/** The app for a browser on this machine: opens the data folder, serves the contract on loopback, says where. */
import type { TrainingState } from '../../preload/contract.ts'
import { createApp } from '../app/app.ts'
import { defaultDataFolder } from '../app/data-folder.ts'
import { IdiolectError } from '../errors.ts'
import { keepAddress, keptAddress } from './address-file.ts'
import { endingOf } from './ending.ts'
import { type Served, serveApp } from './http.ts'

/** Tried first, so that a browser's bookmark and its settings for the page stay good. */
const usualPort = 4517

/** Stages in which ending costs a run its pace. */
const RUNNING: readonly TrainingState['stage'][] = ['preparing', 'training', 'paused', 'proving']

export interface BrowserOptions {
  /** Absolute path; default: the user's. */
  dataFolder?: string
  /** Default: 4517, or a free one when that is taken. */
  port?: number
  /** Tells where it serves, once it does; default: the address on stdout. */
  announce?: (served: Served) => void
}

/**
 * Serves until SIGINT, SIGTERM or SIGHUP, which end training cleanly (it can be resumed) and then the process;
 * while a run is going, the first SIGINT only says what ending would mean.
 * Errors: IdiolectError `AlreadyOpen` (with the address) where a browser host serves this folder, `DataFolderBusy`,
 * `PortTaken`.
 */
export async function serveBrowser(options: BrowserOptions = {}): Promise<Served> {
  const dataFolder = options.dataFolder ?? defaultDataFolder()
  const app = await createApp({ dataFolder, host: 'browser' }).catch(async (error: unknown) => {
    const address = isBusy(error) ? await keptAddress(dataFolder) : null
    if (address === null) throw error
    throw new IdiolectError('AlreadyOpen', `Idiolect is open already: ${address}`, 'Open that address in a browser.')
  })
  const serve = (port: number) => serveApp({ handlers: app.handlers, events: app.events, port })
  let served: Served
  try {
    served = await serve(options.port ?? usualPort).catch((error: unknown) => {
      if (options.port === undefined && error instanceof IdiolectError && error.name === 'PortTaken') return serve(0)
      throw error
    })
  } catch (error) {
    await app.close()
    throw error
  }
  const forgetAddress = keepAddress(dataFolder, served.address)
  const { interrupt, terminate } = endingOf({
    running: () => RUNNING.includes(app.context.state().training?.stage ?? 'done'),
    // The app first: its calls in flight end with it, and the server waits for those.
    async end() {
      forgetAddress()
      await app.close()
      await served.close()
    },
    say: (line) => process.stderr.write(`${line}\n`),
    exit: (code) => process.exit(code),
  })
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', terminate)
  process.on('SIGHUP', () => {
    // The terminal's window was closed: what is said goes nowhere.
    process.stderr.on('error', () => {})
    terminate()
  })
  const { announce = ({ address }) => void process.stdout.write(`${address}\n`) } = options
  announce(served)
  return served
}

const isBusy = (error: unknown): boolean => error instanceof IdiolectError && error.name === 'DataFolderBusy'
