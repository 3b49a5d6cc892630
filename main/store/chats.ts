/** Conversations, each a tree of messages (a message names its parent). */
import type { ChatMessage, Conversation, Source } from '../../preload/contract.ts'
import type { Database } from './database.ts'

export interface Chats {
  /** Newest first; `text` keeps those whose title or messages contain it. */
  list(text?: string): Conversation[]
  get(conversation: string): Conversation | null
  create(conversation: { id: string; title: string; at: string }): void
  rename(conversation: string, title: string): boolean
  remove(conversation: string): boolean
  /** In the order they were written. */
  messages(conversation: string): ChatMessage[]
  message(id: string): ChatMessage | null
  /** The conversation and the parent must be there. A message with this id is replaced. */
  putMessage(message: ChatMessage): void
}

interface Row {
  id: string
  conversation: string
  parent: string | null
  role: ChatMessage['role']
  text: string
  at: string
  voice: string | null
  sources: string
  stopped: number
}

const SUMMARY = `SELECT c.id, c.title, c.at, (SELECT count(*) FROM messages m WHERE m.conversation = c.id) AS messages
  FROM conversations c`

export function createChats(db: Database): Chats {
  return {
    list(text = '') {
      if (text === '') return db.all<Conversation>(`${SUMMARY} ORDER BY c.at DESC, c.rowid DESC`)
      return db.all<Conversation>(
        `${SUMMARY} WHERE instr(lower(c.title), lower(?1)) > 0 OR EXISTS
          (SELECT 1 FROM messages m WHERE m.conversation = c.id AND instr(lower(m.text), lower(?1)) > 0)
        ORDER BY c.at DESC, c.rowid DESC`,
        text,
      )
    },
    get: (id) => db.get<Conversation>(`${SUMMARY} WHERE c.id = ?`, id),
    create({ id, title, at }) {
      db.run('INSERT INTO conversations VALUES (?, ?, ?)', id, title, at)
    },
    rename: (id, title) => db.run('UPDATE conversations SET title = ? WHERE id = ?', title, id) > 0,
    remove: (id) => db.run('DELETE FROM conversations WHERE id = ?', id) > 0,
    messages: (conversation) =>
      db.all<Row>('SELECT * FROM messages WHERE conversation = ? ORDER BY rowid', conversation).map(toMessage),
    message(id) {
      const row = db.get<Row>('SELECT * FROM messages WHERE id = ?', id)
      return row && toMessage(row)
    },
    putMessage(message) {
      db.run(
        `INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT(id) DO UPDATE SET text = excluded.text, at = excluded.at, voice = excluded.voice,
          sources = excluded.sources, stopped = excluded.stopped`,
        message.id,
        message.conversation,
        message.parent,
        message.role,
        message.text,
        message.at,
        message.voice,
        JSON.stringify(message.sources),
        message.stopped ? 1 : 0,
      )
    },
  }
}

function toMessage(row: Row): ChatMessage {
  return { ...row, sources: JSON.parse(row.sources) as Source[], stopped: row.stopped === 1 }
}
