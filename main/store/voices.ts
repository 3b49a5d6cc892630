/** Voices' cards and which one is switched on. What a card says is the adapters room's business: here it is JSON. */
import type { Database } from './database.ts'

export interface VoiceRecord<Card = unknown> {
  id: string
  card: Card
  active: boolean
}

/** A switch: from this time on this voice was on, or none. */
export interface VoiceSwitch {
  at: string
  voice: string | null
  /** As it was called then. */
  name: string | null
}

export interface Voices {
  /** In the order they came. */
  list<Card = unknown>(): VoiceRecord<Card>[]
  get<Card = unknown>(id: string): VoiceRecord<Card> | null
  /** Writes the card; a new voice comes switched off, an old one stays as it was. */
  put(id: string, card: unknown): void
  active<Card = unknown>(): VoiceRecord<Card> | null
  /** Switches this voice on and every other off; null: all off. False when there is no such voice (nothing changes). */
  setActive(id: string | null): boolean
  /** Newest first. */
  uses(limit: number): VoiceSwitch[]
  /** What was measured of it and asked about it goes with it. */
  remove(id: string): boolean
}

interface Row {
  id: string
  card: string
  active: number
}

interface Named {
  name: string | null
}
const NAMED = "SELECT json_extract(card, '$.name') AS name FROM voices WHERE id = ?"

export function createVoices(db: Database): Voices {
  const one = <Card>(row: Row | null) => row && toVoice<Card>(row)
  const note = (voice: string | null, name: string | null): void => {
    db.run('INSERT INTO voice_uses (at, voice, name) VALUES (?, ?, ?)', new Date().toISOString(), voice, name)
  }
  return {
    list: <Card>() => db.all<Row>('SELECT * FROM voices ORDER BY rowid').map((row) => toVoice<Card>(row)),
    get: <Card>(id: string) => one<Card>(db.get<Row>('SELECT * FROM voices WHERE id = ?', id)),
    put(id, card) {
      db.run(
        'INSERT INTO voices (id, card) VALUES (?, ?) ON CONFLICT(id) DO UPDATE SET card = excluded.card',
        id,
        JSON.stringify(card),
      )
    },
    active: <Card>() => one<Card>(db.get<Row>('SELECT * FROM voices WHERE active = 1')),
    setActive: (id) =>
      db.transaction(() => {
        const next = id === null ? null : db.get<Named>(NAMED, id)
        if (id !== null && next === null) return false
        const before = db.get<{ id: string }>('SELECT id FROM voices WHERE active = 1')?.id ?? null
        if (before === id) return true
        db.run('UPDATE voices SET active = 0 WHERE active = 1')
        if (id !== null) db.run('UPDATE voices SET active = 1 WHERE id = ?', id)
        note(id, next?.name ?? null)
        return true
      }),
    uses: (limit) => db.all<VoiceSwitch>('SELECT at, voice, name FROM voice_uses ORDER BY id DESC LIMIT ?', limit),
    remove: (id) =>
      db.transaction(() => {
        if (db.get('SELECT id FROM voices WHERE id = ? AND active = 1', id)) note(null, null)
        db.run('DELETE FROM voice_reports WHERE voice = ?', id)
        db.run('DELETE FROM trials WHERE voice = ?', id)
        return db.run('DELETE FROM voices WHERE id = ?', id) > 0
      }),
  }
}

function toVoice<Card>(row: Row): VoiceRecord<Card> {
  return { id: row.id, card: JSON.parse(row.card) as Card, active: row.active === 1 }
}
