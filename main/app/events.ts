/** The app's events: anyone may listen, services emit. A listener that throws must not end what it listens to. */
import type { EventName, Events } from '../../preload/contract.ts'
import type { AppEvents, EventListener } from './types.ts'

export interface Emitter extends AppEvents {
  emit<N extends EventName>(name: N, event: Events[N]): void
}

export function createEmitter(): Emitter {
  const listeners = new Set<EventListener>()
  return {
    on(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    emit(name, event) {
      for (const listener of [...listeners]) {
        try {
          listener(name, event)
        } catch {
          listeners.delete(listener)
        }
      }
    },
  }
}
