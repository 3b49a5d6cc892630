/** Processes of our own code, from both sides: what may crash, or is heavy, runs in one. Knows no entry and no message. */
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
 * @param env beside this process's own
 */
export function startChild(entry: string, env: Record<string, string> = {}): Child {
  const child = fork(entry, [], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    serialization: 'advanced',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', ...env },
  })
  let said = ''
  child.stderr?.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-WORDS)
  })
  return { process: child, lastWords: () => said }
}

/** What a terminal (Ctrl-C, its window closed) and the system at its end say to every process of a program at once. */
const TO_ALL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * In a child: it ends when its parent says so, kills it or is gone, and by no signal that means the whole program, whose
 * owner may be asked first and whose runs are put down to go on later.
 */
export function endWithParent(code: number): void {
  for (const signal of TO_ALL) process.on(signal, () => {})
  // Nobody waits for an answer any more.
  process.once('disconnect', () => process.exit(code))
}
