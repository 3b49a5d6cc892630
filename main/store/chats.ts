/** Conversations, each a tree of messages (a message names its parent). */
import type { ChatHit, ChatMessage, ChatSeen, Conversation, Source } from '../../preload/contract.ts'
import type { Database } from './database.ts'

export interface Chats {
  /** Newest first; `text` keeps those whose title or messages contain it, with the first places in messages. */
  list(text?: string): Conversation[]
  get(conversation: string): Conversation | null
  create(conversation: { id: string; title: string; at: string }): void
  rename(conversation: string, title: string): boolean
  /** The message that ends the branch that is shown. */
  setHead(conversation: string, message: string): void
  remove(conversation: string): boolean
  /** In the order they were written. */
  messages(conversation: string): ChatMessage[]
  message(id: string): ChatMessage | null
  /** The texts of the assistant's answers, newest first. */
  answers(limit: number): string[]
  /** From the first question to this message. */
  branch(message: string): ChatMessage[]
  /** The conversation and the parent must be there. A message with this id is replaced; a new one becomes the head. */
  putMessage(message: ChatMessage): void
  /** With what follows it; the head then is its parent. */
  removeMessage(id: string): void
}

interface Row extends Omit<ChatMessage, 'sources' | 'stopped' | 'cut' | 'seen'> {
  sources: string
  stopped: number
  cut: number
  seen: string | null
}

const SUMMARY = `SELECT c.id, c.title, c.at, c.head,
  (SELECT count(*) FROM messages m WHERE m.conversation = c.id) AS messages FROM conversations c`
const NEWEST_FIRST = 'ORDER BY c.at DESC, c.rowid DESC'
const MESSAGE = 'id, conversation, parent, role, text, at, voice, sources, stopped, cut, seen'
/** Places shown of one conversation, and characters before and after each. */
const HITS = 3
const AROUND = 48

export function createChats(db: Database): Chats {
  const withHits = (row: Omit<Conversation, 'hits'>, text: string): Conversation => ({
    ...row,
    hits: text === '' ? [] : hitsIn(db, row.id, text),
  })
  return {
    list(text = '') {
      if (text === '')
        return db.all<Omit<Conversation, 'hits'>>(`${SUMMARY} ${NEWEST_FIRST}`).map((row) => withHits(row, ''))
      return db
        .all<Omit<Conversation, 'hits'>>(
          `${SUMMARY} WHERE instr(lower(c.title), lower(?1)) > 0 OR EXISTS
            (SELECT 1 FROM messages m WHERE m.conversation = c.id AND instr(lower(m.text), lower(?1)) > 0)
          ${NEWEST_FIRST}`,
          text,
        )
        .map((row) => withHits(row, text))
    },
    get(id) {
      const row = db.get<Omit<Conversation, 'hits'>>(`${SUMMARY} WHERE c.id = ?`, id)
      return row && withHits(row, '')
    },
    create({ id, title, at }) {
      db.run('INSERT INTO conversations (id, title, at) VALUES (?, ?, ?)', id, title, at)
    },
    rename: (id, title) => db.run('UPDATE conversations SET title = ? WHERE id = ?', title, id) > 0,
    setHead(id, message) {
      db.run('UPDATE conversations SET head = ? WHERE id = ?', message, id)
    },
    remove: (id) => db.run('DELETE FROM conversations WHERE id = ?', id) > 0,
    messages: (conversation) =>
      db.all<Row>(`SELECT ${MESSAGE} FROM messages WHERE conversation = ? ORDER BY rowid`, conversation).map(toMessage),
    answers: (limit) =>
      db
        .all<{ text: string }>("SELECT text FROM messages WHERE role = 'assistant' ORDER BY rowid DESC LIMIT ?", limit)
        .map(({ text }) => text),
    message(id) {
      const row = db.get<Row>(`SELECT ${MESSAGE} FROM messages WHERE id = ?`, id)
      return row && toMessage(row)
    },
    branch: (message) =>
      db
        .all<Row & { depth: number }>(
          `WITH RECURSIVE up(id, depth) AS (
            SELECT id, 0 FROM messages WHERE id = ?
            UNION ALL SELECT m.parent, up.depth + 1 FROM messages m JOIN up ON m.id = up.id WHERE m.parent IS NOT NULL
          )
          SELECT ${MESSAGE.replaceAll(/\w+/g, 'm.$&')}, up.depth FROM up JOIN messages m ON m.id = up.id ORDER BY up.depth DESC`,
          message,
        )
        .map(({ depth: _, ...row }) => toMessage(row)),
    putMessage(message) {
      db.transaction(() => {
        const known = db.get('SELECT 1 FROM messages WHERE id = ?', message.id) !== null
        db.run(
          `INSERT INTO messages (${MESSAGE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT(id) DO UPDATE SET text = excluded.text, at = excluded.at, voice = excluded.voice,
            sources = excluded.sources, stopped = excluded.stopped, cut = excluded.cut, seen = excluded.seen`,
          message.id,
          message.conversation,
          message.parent,
          message.role,
          message.text,
          message.at,
          message.voice,
          JSON.stringify(message.sources),
          message.stopped ? 1 : 0,
          message.cut ? 1 : 0,
          message.seen && JSON.stringify(message.seen),
        )
        if (known) return
        // A clock that was put back does not send the newest conversation down the list.
        db.run(
          'UPDATE conversations SET head = ?, at = max(at, ?) WHERE id = ?',
          message.id,
          message.at,
          message.conversation,
        )
      })
    },
    removeMessage(id) {
      db.transaction(() => {
        db.run(
          `UPDATE conversations SET head = (SELECT parent FROM messages WHERE id = ?1)
          WHERE id = (SELECT conversation FROM messages WHERE id = ?1)`,
          id,
        )
        db.run('DELETE FROM messages WHERE id = ?', id)
      })
    },
  }
}

function hitsIn(db: Database, conversation: string, wanted: string): ChatHit[] {
  const rows = db.all<{ id: string; text: string }>(
    'SELECT id, text FROM messages WHERE conversation = ? AND instr(lower(text), lower(?)) > 0 ORDER BY rowid LIMIT ?',
    conversation,
    wanted,
    HITS,
  )
  return rows.flatMap(({ id, text }) => {
    const at = text.toLowerCase().indexOf(wanted.toLowerCase())
    // Lower case may be longer than what it was made of.
    if (at < 0 || at + wanted.length > text.length) return []
    const [before, hit, after] = [
      text.slice(Math.max(0, at - AROUND), at).replaceAll(/\s+/g, ' '),
      text.slice(at, at + wanted.length).replaceAll(/\s+/g, ' '),
      text.slice(at + wanted.length, at + wanted.length + AROUND).replaceAll(/\s+/g, ' '),
    ]
    const lead = at > AROUND ? '…' : ''
    const from = lead.length + before.length
    return [{ message: id, excerpt: lead + before + hit + after, from, to: from + hit.length }]
  })
}

function toMessage(row: Row): ChatMessage {
  return {
    ...row,
    sources: JSON.parse(row.sources) as Source[],
    stopped: row.stopped === 1,
    cut: row.cut === 1,
    seen: row.seen === null ? null : (JSON.parse(row.seen) as ChatSeen),
  }
}
