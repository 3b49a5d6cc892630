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
import { CallError, errorFromBody } from './errors.ts'
import { readEvents } from './events.ts'

type Listener = (event: never) => void

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 8000
const READY_WAIT_MS = 3000

/**
 * A bridge over HTTP: calls as `POST base/api/call/<name>`, events as one stream from `base/api/events`. The stream
 * is opened again with a growing pause when it breaks; what was missed is then read anew and told as events.
 */
export function createHttpBridge(base: string, token: string, onConnection: ConnectionListener): Bridge {
  const listeners = new Map<EventName, Set<Listener>>()
  const headers = { 'x-idiolect-token': token }
  let markReady = () => {}
  const ready = new Promise<void>((resolve) => {
    markReady = resolve
  })

  function tell<N extends EventName>(name: N, event: Events[N]): void {
    for (const listener of listeners.get(name) ?? []) listener(event as never)
  }

  async function call<N extends CallName>(name: N, input: Calls[N]['in']): Promise<Calls[N]['out']> {
    // A call that reports by events must not outrun the stream that carries them.
    if ('request' in input) await Promise.race([ready, pause(READY_WAIT_MS)])
    let response: Response
    try {
      response = await fetch(`${base}/api/call/${name}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(input),
      })
    } catch {
      throw new CallError('NoConnection', words.errors.noConnection, words.errors.noConnectionNext)
    }
    if (!response.ok) throw errorFromBody(response.status, await response.text())
    return (await response.json()) as Calls[N]['out']
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
        if (response.status === 401 || response.status === 403) return onConnection('refused')
        if (!response.ok || !response.body) throw new Error(`events: ${response.status}`)
        wait = FIRST_WAIT_MS
        markReady()
        onConnection('connected')
        if (connectedBefore) void readAnew().catch(() => {})
        connectedBefore = true
        for await (const { name, data } of readEvents(response.body)) {
          if (isEventName(name)) tell(name, JSON.parse(data) as never)
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

function isEventName(name: string): name is EventName {
  return (EVENT_NAMES as readonly string[]).includes(name)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
