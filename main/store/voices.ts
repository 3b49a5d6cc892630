/** Voices' cards and which one is switched on. What a card says is the adapters room's business: here it is JSON. */
import type { Database } from './database.ts'

export interface VoiceRecord<Card = unknown> {
  id: string
  card: Card
  active: boolean
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
  remove(id: string): boolean
}

interface Row {
  id: string
  card: string
  active: number
}

export function createVoices(db: Database): Voices {
  const one = <Card>(row: Row | null) => row && toVoice<Card>(row)
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
        if (id !== null && !db.get('SELECT id FROM voices WHERE id = ?', id)) return false
        db.run('UPDATE voices SET active = 0 WHERE active = 1')
        if (id !== null) db.run('UPDATE voices SET active = 1 WHERE id = ?', id)
        return true
      }),
    remove: (id) => db.run('DELETE FROM voices WHERE id = ?', id) > 0,
  }
}

function toVoice<Card>(row: Row): VoiceRecord<Card> {
  return { id: row.id, card: JSON.parse(row.card) as Card, active: row.active === 1 }
}
