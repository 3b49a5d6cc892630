import { mount } from 'svelte'
import type { Bridge } from '../preload/contract.ts'
import App from './App.svelte'
import { createStores } from './state/stores.ts'
import { language } from './words/words.ts'

/** Called with false when the host can't be reached, with true when it answers again. */
export type ConnectionListener = (connected: boolean) => void

/** Shows the app in `#app` on the bridge that `connect` makes. */
export function start(connect: (onConnection: ConnectionListener) => Bridge): void {
  const target = document.getElementById('app')
  if (!target) throw new Error('the page has no element with the id "app"')
  document.documentElement.lang = language
  let listener: ConnectionListener = () => {}
  const stores = createStores(connect((connected) => listener(connected)))
  listener = (connected) => {
    stores.app.connected = connected
  }
  mount(App, { target, props: { stores } })
  void stores.open()
}
