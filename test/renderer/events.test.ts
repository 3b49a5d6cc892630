import { expect, test } from 'vitest'
import { readEvents, type StreamedEvent } from '../../renderer/lib/events.ts'

async function read(...chunks: string[]): Promise<StreamedEvent[]> {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk))
      controller.close()
    },
  })
  const events: StreamedEvent[] = []
  for await (const event of readEvents(body)) events.push(event)
  return events
}

test('names and data of whole events', async () => {
  expect(await read('event: stream\ndata: {"a":1}\n\ndata: plain\n\n')).toEqual([
    { name: 'stream', data: '{"a":1}' },
    { name: 'message', data: 'plain' },
  ])
})

test('an event cut anywhere between chunks arrives whole', async () => {
  const text = 'event: train.step\r\ndata: {"step":1,\r\ndata: "loss":2}\r\n\r\n'
  for (let cut = 1; cut < text.length; cut++) {
    const events = await read(text.slice(0, cut), text.slice(cut))
    expect(events, `cut at ${cut}`).toEqual([{ name: 'train.step', data: '{"step":1,\n"loss":2}' }])
  }
})

test('comments, unknown fields and an unfinished last event are left out', async () => {
  expect(await read(': keep-alive\n\nid: 7\nretry: 9\n\nevent: stream\ndata: half')).toEqual([])
})

test('a value may hold colons, and loses one leading space only', async () => {
  expect(await read('data:  a: b\n\n')).toEqual([{ name: 'message', data: ' a: b' }])
})
