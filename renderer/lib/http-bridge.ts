import {
  type Bridge,
  type CallName,
  type Calls,
  EVENT_NAMES,
  type EventName,
  type Events,
} from '../../preload/contract.ts'
import type { ConnectionListener } from '../start.ts'
import { words } from '../words/words.ts'
import { type Answer, Answers } from './answers.ts'
import { CallError, errorFromBody } from './errors.ts'
import { readEvents } from './events.ts'

type Listener = (event: never) => void

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 8000
const READY_WAIT_MS = 3000
/** Bytes of all that a browser sends on for a page that is gone: 64 kB in every one. */
export const LAST_WORDS = 60_000

/**
 * A bridge over HTTP: calls as `POST base/api/call/<name>`, events as one stream from `base/api/events`. The stream
 * is opened again with a growing pause when it breaks; what was missed is then read anew and told as events. A call that
 * takes long is answered by the stream (202 and the name of the answer), since a browser has few connections to a host.
 */
export function createHttpBridge(base: string, token: string, onConnection: ConnectionListener): Bridge {
  const listeners = new Map<EventName, Set<Listener>>()
  const headers: Record<string, string> = { 'x-idiolect-token': token }
  const answers = new Answers()
  let markReady = () => {}
  const ready = new Promise<void>((resolve) => {
    markReady = resolve
  })

  function tell<N extends EventName>(name: N, event: Events[N]): void {
    for (const listener of listeners.get(name) ?? []) listener(event as never)
  }

  // What a page says when it is already going is sent on without it, where it is short.
  let leaving = false
  globalThis.addEventListener?.('pagehide', () => (leaving = true))
  globalThis.addEventListener?.('pageshow', () => (leaving = false))

  async function call<N extends CallName>(name: N, input: Calls[N]['in']): Promise<Calls[N]['out']> {
    // A call that reports by events must not outrun the stream that carries them.
    if ('request' in input) await Promise.race([ready, pause(READY_WAIT_MS)])
    const body = JSON.stringify(input)
    let response: Response
    try {
      response = await fetch(`${base}/api/call/${name}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        keepalive: leaving && new TextEncoder().encode(body).length <= LAST_WORDS,
      })
    } catch {
      throw noConnection()
    }
    if (!response.ok) throw errorFromBody(response.status, await response.text())
    const value: unknown = await response.json()
    if (response.status !== 202) return value as Calls[N]['out']
    const answer = await answers.wait((value as Pick<Answer, 'call'>).call)
    if (answer.status !== 200) throw errorFromBody(answer.status, JSON.stringify(answer.value))
    return answer.value as Calls[N]['out']
  }

  /** The stream's first word: its id. Another one than before: the host is another too, or has given us up. */
  function greet(stream: string): void {
    if (headers['x-idiolect-stream'] !== undefined && headers['x-idiolect-stream'] !== stream)
      answers.giveUp(noConnection)
    headers['x-idiolect-stream'] = stream
    markReady()
  }

  async function readAnew(): Promise<void> {
    const [state, training, imports] = await Promise.all([
      call('app.state', {}),
      call('train.state', {}),
      call('library.importing', {}),
    ])
    tell('state.changed', state)
    if (imports) tell('import.state', imports)
    if (training) tell('train.state', training)
  }

  async function follow(): Promise<void> {
    let wait = FIRST_WAIT_MS
    let connectedBefore = false
    for (;;) {
      try {
        const response = await fetch(`${base}/api/events`, { headers })
        if (response.status === 401 || response.status === 403) {
          answers.giveUp(noConnection)
          return onConnection('refused')
        }
        if (!response.ok || !response.body) throw new Error(`events: ${response.status}`)
        wait = FIRST_WAIT_MS
        onConnection('connected')
        if (connectedBefore) void readAnew().catch(() => {})
        connectedBefore = true
        for await (const { name, data } of readEvents(response.body)) {
          if (isEventName(name)) tell(name, JSON.parse(data) as never)
          else if (name === 'hello') greet((JSON.parse(data) as { stream: string }).stream)
          else if (name === 'answer') answers.take(JSON.parse(data) as Answer)
        }
      } catch {
        // The pause below is the answer to every failure: the host may be starting again.
      }
      onConnection('lost')
      await pause(wait)
      wait = Math.min(wait * 2, LONGEST_WAIT_MS)
    }
  }

  void follow()
  return {
    call,
    on(name, listener) {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      set.add(listener as Listener)
      return () => set.delete(listener as Listener)
    },
  }
}

function noConnection(): CallError {
  return new CallError('NoConnection', words.errors.noConnection, words.errors.noConnectionNext)
}

function isEventName(name: string): name is EventName {
  return (EVENT_NAMES as readonly string[]).includes(name)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
