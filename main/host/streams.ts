/**
 * The streams of server-sent events, one a page. Besides the app's events they carry the answers of calls that take
 * long: a browser holds six connections to a host, and a handful of long calls would leave none for the next click.
 * A page that loses its stream comes back with its id and finds what was said meanwhile. Knows no calls' names.
 */
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { AppEvents } from '../app/types.ts'

/** Bytes waiting for a listener that does not read; then it is let go and comes back by itself. */
const BACKLOG = 8 * 1024 * 1024
/** Milliseconds; a comment keeps the connection from being taken for dead. */
const BEAT = 15_000
/** Pages whose streams are gone, and that may come back: the newest are kept. */
const MOST_ABSENT = 32

export interface Stream {
  readonly id: string
  /** Sends an answer now, or once the page is back. */
  answer(call: string, status: number, value: unknown): void
}

export interface Streams {
  /** A page's stream by its id; null when there is none, or it was given up. */
  find(id: string | undefined): Stream | null
  /** Begins to send on this response, whose head was written. @param id of the page's stream before, when it had one */
  connect(response: ServerResponse, id: string | undefined): void
  close(): void
}

interface Page extends Stream {
  response: ServerResponse | null
  /** Answers that nobody was there to hear. */
  kept: string[]
  end(): void
}

export function createStreams(events: AppEvents): Streams {
  const pages = new Map<string, Page>()

  const makePage = (): Page => {
    const page: Page = {
      id: randomBytes(12).toString('base64url'),
      response: null,
      kept: [],
      answer(call, status, value) {
        const text = `event: answer\ndata: ${JSON.stringify({ call, status, value: value ?? null })}\n\n`
        if (page.response) send(page.response, text)
        else page.kept.push(text)
      },
      end() {},
    }
    pages.set(page.id, page)
    return page
  }
  const send = (response: ServerResponse, text: string): void => {
    response.write(text)
    if (response.writableLength > BACKLOG) response.destroy()
  }
  const forgetOldest = (): void => {
    const absent = [...pages.values()].filter(({ response }) => response === null)
    for (const { id } of absent.slice(0, Math.max(0, absent.length - MOST_ABSENT))) pages.delete(id)
  }

  return {
    find: (id) => (id === undefined ? null : (pages.get(id) ?? null)),
    connect(response, id) {
      const page = (id === undefined ? undefined : pages.get(id)) ?? makePage()
      // The page knows better than we do that its old stream is gone.
      page.end()
      page.response = response
      const forget = events.on((name, event) => send(response, `event: ${name}\ndata: ${JSON.stringify(event)}\n\n`))
      const beat = setInterval(() => send(response, ': beat\n\n'), BEAT)
      page.end = () => {
        if (page.response !== response) return
        page.response = null
        clearInterval(beat)
        forget()
        response.end()
        // Last in the order of those who went.
        pages.delete(page.id)
        pages.set(page.id, page)
        forgetOldest()
      }
      response.once('close', page.end)
      send(response, `event: hello\ndata: ${JSON.stringify({ stream: page.id })}\n\n`)
      for (const text of page.kept.splice(0)) send(response, text)
    },
    close() {
      for (const page of [...pages.values()]) page.end()
      pages.clear()
    },
  }
}
