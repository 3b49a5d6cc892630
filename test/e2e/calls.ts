/**
 * What a page in a browser asks of its host, and what of it is still to be answered: also what the host has put off (202)
 * and answers by its stream of events. Knows the bridge over HTTP (renderer/lib/http-bridge.ts), and no space.
 */
import type { Page } from 'playwright-core'

interface Counted {
  asked: string[]
  waiting: number
}

/** Counts from now on; the page is opened anew for it. */
export async function countCalls(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const ask = window.fetch.bind(window)
    const counted: Counted = { asked: [], waiting: 0 }
    /** Ids of the calls whose answers come by the stream. */
    const late = new Set<string>()
    Object.assign(window, { counted })
    const follow = async (events: ReadableStream<Uint8Array>): Promise<void> => {
      const decoder = new TextDecoder()
      let said = ''
      for await (const part of events as unknown as AsyncIterable<Uint8Array>) {
        said += decoder.decode(part, { stream: true })
        for (const id of late) {
          if (!said.includes(`"call":"${id}"`)) continue
          late.delete(id)
          counted.waiting -= 1
        }
        // The id stands at an answer's beginning.
        said = said.slice(-100)
      }
    }
    window.fetch = async (input, init) => {
      const [, name] = /\/api\/(call\/[\w.]+|events)$/.exec(String(input)) ?? []
      if (name === undefined) return ask(input, init)
      if (name === 'events') {
        const response = await ask(input, init)
        const [own, ours] = response.body?.tee() ?? []
        if (ours) void follow(ours).catch(() => {})
        return new Response(own, response)
      }
      counted.asked.push(name)
      counted.waiting += 1
      let put = false
      try {
        const response = await ask(input, init)
        if (response.status === 202) {
          put = true
          late.add(((await response.clone().json()) as { call: string }).call)
        }
        return response
      } finally {
        if (!put) counted.waiting -= 1
      }
    }
  })
  await page.reload()
}

/**
 * Waits so many milliseconds by the page's own clock: on a busy machine its timers come late, and all of them alike.
 * @returns `at rest` where nothing was asked meanwhile and nothing is still to be answered, else what was
 */
export function restOf(page: Page, ms: number): Promise<string> {
  return page.evaluate(async (pause) => {
    const { counted } = window as unknown as { counted: Counted }
    const before = counted.asked.length
    await new Promise((done) => setTimeout(done, pause))
    const more = counted.asked.slice(before)
    if (counted.waiting === 0 && more.length === 0) return 'at rest'
    return `${counted.waiting} to be answered, asked meanwhile: ${more.join(', ')}`
  }, ms)
}
