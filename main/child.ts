/** Processes of our own code: what may crash, or is heavy, runs in one. Knows no entry and no message. */
import { type ChildProcess, fork } from 'node:child_process'

export interface Child {
  readonly process: ChildProcess
  /** The end of what it has written to its error stream: libraries say there why they abort. */
  lastWords(): string
}

const WORDS = 2000

/**
 * Starts a built entry (see `entries.ts`) as a plain Node process, in Electron too, with a channel for messages that
 * carries what structured clones do. Its output goes nowhere.
 */
export function startChild(entry: string): Child {
  const child = fork(entry, [], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    serialization: 'advanced',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  })
  let said = ''
  child.stderr?.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-WORDS)
  })
  return { process: child, lastWords: () => said }
}
