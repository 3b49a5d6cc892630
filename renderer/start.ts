import { mount } from 'svelte'
import type { Bridge } from '../preload/contract.ts'
import App from './App.svelte'
import { createStores } from './state/stores.ts'
import { language } from './words/words.ts'

/** `lost`: the host does not answer, and is tried again; `refused`: it is another one now, with another token. */
export type Connection = 'connected' | 'lost' | 'refused'
export type ConnectionListener = (connection: Connection) => void

/** Shows the app in `#app` on the bridge that `connect` makes. */
export function start(connect: (onConnection: ConnectionListener) => Bridge): void {
  const target = document.getElementById('app')
  if (!target) throw new Error('the page has no element with the id "app"')
  document.documentElement.lang = language()
  let listener: ConnectionListener = () => {}
  const stores = createStores(connect((connection) => listener(connection)))
  listener = (connection) => {
    stores.app.connection = connection
  }
  mount(App, { target, props: { stores } })
  void stores.open()
}
