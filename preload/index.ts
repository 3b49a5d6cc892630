/**
 * The sandboxed preload: puts the contract's `Bridge` on the window and nothing else. It passes names and plain data
 * through; it knows no feature, no file and no Node API.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { type Bridge, CALL_NAMES, type ContractError, EVENT_NAMES, type EventName } from './contract.ts'

/** What the main process answers: an error crosses as data, since Electron keeps only an error's message. */
type Answer = { ok: true; value: unknown } | { ok: false; error: ContractError }

const calls = new Set<string>(CALL_NAMES)
const events = new Set<string>(EVENT_NAMES)

const bridge = {
  async call(name: string, input: unknown): Promise<unknown> {
    if (!calls.has(name)) throw { name: 'UnknownCall', message: `there is no call "${name}"`, next: null }
    const answer = (await ipcRenderer.invoke('idiolect:call', name, input)) as Answer
    if (answer.ok) return answer.value
    // A plain object: the context bridge would strip an Error to its message and lose `next`.
    throw answer.error
  },
  on(name: EventName, listener: (event: never) => void): () => void {
    if (!events.has(name)) throw { name: 'UnknownEvent', message: `there is no event "${name}"`, next: null }
    const heard = (_: unknown, found: string, event: unknown) => {
      if (found === name) listener(event as never)
    }
    ipcRenderer.on('idiolect:event', heard)
    return () => void ipcRenderer.off('idiolect:event', heard)
  },
  pathOf: (file: File): string => webUtils.getPathForFile(file),
}

contextBridge.exposeInMainWorld('idiolect', bridge as unknown as Bridge)
