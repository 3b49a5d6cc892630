import type { Bridge } from '../../preload/contract.ts'
import type { ConnectionListener } from '../start.ts'
import { createHttpBridge } from './http-bridge.ts'

declare global {
  interface Window {
    /** Put there by Electron's preload; absent in a browser. */
    idiolect?: Bridge
  }
}

const TOKEN_KEY = 'idiolect-token'

/** Electron's bridge where there is one, otherwise one over loopback HTTP to the host that served this page. */
export function findBridge(onConnection: ConnectionListener): Bridge {
  return window.idiolect ?? createHttpBridge('', takeToken(), onConnection)
}

/** The token from the address, taken once: it must not stay in the address bar, nor in the history. */
function takeToken(): string {
  const fromAddress = new URLSearchParams(location.hash.slice(1)).get('token')
  if (fromAddress) {
    sessionStorage.setItem(TOKEN_KEY, fromAddress)
    history.replaceState(null, '', location.pathname + location.search)
  }
  return sessionStorage.getItem(TOKEN_KEY) ?? ''
}
