/** Two windows of one host: a draft that one saves is told to the other, and the slower one is refused, not lost. */
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApp } from '../../main/app/app.ts'
import { type Served, serveApp } from '../../main/host/http.ts'
import type { CallName, Calls, Draft } from '../../preload/contract.ts'
import { readEvents } from '../../renderer/lib/events.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

let app: Awaited<ReturnType<typeof createApp>>
let served: Served

beforeAll(async () => {
  app = await createApp({ dataFolder: path.join(temporaryFolder(), 'data'), host: 'browser' })
  served = await serveApp({ handlers: app.handlers, events: app.events, port: 0 })
})
afterAll(async () => {
  await served.close()
  await app.close()
})

interface Heard {
  name: string
  event: unknown
}

/** A window as the host sees it: a stream of events, and calls. */
async function openWindow() {
  const origin = `http://127.0.0.1:${served.port}`
  const headers = { 'x-idiolect-token': served.token, 'content-type': 'application/json' }
  const control = new AbortController()
  const answer = await fetch(`${origin}/api/events`, { headers, signal: control.signal })
  const heard: Heard[] = []
  const over = (async () => {
    for await (const { name, data } of readEvents(answer.body as ReadableStream<Uint8Array>))
      heard.push({ name, event: JSON.parse(data) })
  })().catch(() => {})
  return {
    heard,
    async call<N extends CallName>(
      name: N,
      input: Calls[N]['in'],
    ): Promise<{ status: number; value: Calls[N]['out'] }> {
      const done = await fetch(`${origin}/api/call/${name}`, { method: 'POST', headers, body: JSON.stringify(input) })
      return { status: done.status, value: (await done.json()) as Calls[N]['out'] }
    },
    async close() {
      control.abort()
      await over
    },
  }
}

it('tells each of what the other saved, and keeps the slower one’s text', async () => {
  const [one, two] = [await openWindow(), await openWindow()]
  const { value: draft } = await one.call('draft.create', { text: 'Begun.' })
  const { id } = draft
  const span = (text: string): Draft['spans'] => [{ from: 0, to: text.length, author: 'owner', voice: null }]
  const save = (window: typeof one, revision: number, text: string) =>
    window.call('draft.save', { draft: id, revision, text, spans: span(text) })

  expect(await save(one, draft.revision, 'By the first.')).toMatchObject({ status: 200 })
  const told = { name: 'draft.changed', event: { draft: id, revision: draft.revision + 1, removed: false } }
  for (const { heard } of [one, two]) await expect.poll(() => heard).toContainEqual(told)

  // The second window had not read it yet.
  const refused = await save(two, draft.revision, 'By the second.')
  expect(refused).toMatchObject({ status: 422, value: { name: 'DraftChanged' } })
  expect((await two.call('draft.get', { draft: id })).value.text).toBe('By the first.')
  const { value: versions } = await two.call('draft.versions', { draft: id })
  const { value: kept } = await two.call('draft.version', { draft: id, version: String(versions[0]?.version) })
  expect(kept.text).toBe('By the second.')

  // A window that is gone holds nothing up.
  await one.close()
  expect(await save(two, draft.revision + 1, 'By the second.')).toMatchObject({ status: 200 })
  const last = { name: 'draft.changed', event: { draft: id, revision: draft.revision + 2, removed: false } }
  await expect.poll(() => two.heard).toContainEqual(last)
  expect(one.heard).not.toContainEqual(last)
  await two.close()
})
