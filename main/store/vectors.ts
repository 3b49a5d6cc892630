/**
 * The passages' vectors in LanceDB. SQLite is the truth: whatever is lost or left over here is put right from there
 *, so a kill between the two never matters. LanceDB is loaded on first use.
 */
import { rm } from 'node:fs/promises'
import type { Connection, Table } from '@lancedb/lancedb'
import { storeError } from './errors.ts'
import type { PassageFacts, Passages } from './passages.ts'
import type { SettingsTable } from './settings.ts'

const TABLE = 'passages'
const SETTING = 'library.embedder'

/** Whose vectors the table holds. */
export interface EmbedderMark {
  id: string
  dimensions: number
}

export interface NearPassage {
  id: string
  similarity: number
}

export interface Vectors {
  embedder(): EmbedderMark | null
  /** Makes the table ready for this embedder. Vectors of another one are thrown away and their passages wait again. */
  prepare(embedder: EmbedderMark): Promise<void>
  /** Unit vectors, one a passage; a passage that is there already is replaced. */
  add(passages: PassageFacts[], vectors: Float32Array[]): Promise<void>
  /** Passages, nearest first (cosine, -1..1). Flat search: exact, and some 20 ms for 5,000 passages. */
  nearest(vector: Float32Array, limit: number): Promise<NearPassage[]>
  removeDocument(document: string): Promise<void>
  /** Removes rows that no passage stands for, merges small files and drops old versions: else the folder grows. */
  tidy(): Promise<void>
  close(): Promise<void>
}

export function createVectors(folder: string, passages: Passages, settings: SettingsTable): Vectors {
  let connection: Connection | null = null
  let table: Table | null = null

  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw storeError(error, folder)
    }
  }

  const connect = async (): Promise<Connection> => {
    if (!connection) {
      const lancedb = await import('@lancedb/lancedb')
      connection = await lancedb.connect(folder)
    }
    return connection
  }

  const close = async () => {
    table?.close()
    connection?.close()
    table = null
    connection = null
  }

  const create = async (mark: EmbedderMark): Promise<Table> => {
    const arrow = await import('apache-arrow')
    const text = (name: string, nullable = false) => new arrow.Field(name, new arrow.Utf8(), nullable)
    const item = new arrow.Field('item', new arrow.Float32(), true)
    const schema = new arrow.Schema([
      text('id'),
      text('document'),
      text('date', true),
      text('kind'),
      text('title'),
      text('text'),
      new arrow.Field('vector', new arrow.FixedSizeList(mark.dimensions, item), false),
    ])
    await close()
    await rm(folder, { recursive: true, force: true })
    passages.forgetVectors()
    const created = await (await connect()).createEmptyTable(TABLE, schema)
    settings.set(SETTING, mark)
    return created
  }

  /** The table of the marked embedder, or null where there is none; a damaged one is given up. */
  const open = async (): Promise<Table | null> => {
    if (table) return table
    const mark = settings.get<EmbedderMark>(SETTING)
    if (!mark) return null
    try {
      table = await (await connect()).openTable(TABLE)
      if ((await table.countRows()) < passages.embeddedCount()) passages.forgetVectors()
      return table
    } catch {
      settings.remove(SETTING)
      passages.forgetVectors()
      await close()
      return null
    }
  }

  return {
    embedder: () => settings.get<EmbedderMark>(SETTING),
    prepare: (mark) =>
      guard(async () => {
        const present = await open()
        const held = settings.get<EmbedderMark>(SETTING)
        if (present && held && held.id === mark.id && held.dimensions === mark.dimensions) return
        table = await create(mark)
      }),
    add: (rows, vectors) =>
      guard(async () => {
        const target = await open()
        if (!target) throw new Error('vectors.add before vectors.prepare')
        const data = rows.map(({ id, document, date, kind, title, text }, index) => {
          const vector = vectors[index]
          if (!vector) throw new Error(`${rows.length} passages and ${vectors.length} vectors`)
          return { id, document, date, kind, title, text, vector }
        })
        await target.mergeInsert('id').whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(data)
        passages.markEmbedded(rows.map((row) => row.id))
      }),
    nearest: (vector, limit) =>
      guard(async () => {
        const target = await open()
        if (!target || limit < 1) return []
        const rows: { id: string; _distance: number }[] = await target
          .vectorSearch(vector)
          .distanceType('cosine')
          .select(['id', '_distance'])
          .limit(limit)
          .toArray()
        return rows.map((row) => ({ id: row.id, similarity: 1 - row._distance }))
      }),
    removeDocument: (document) =>
      guard(async () => {
        await (await open())?.delete(`document = ${quote(document)}`)
      }),
    tidy: () =>
      guard(async () => {
        const target = await open()
        if (!target) return
        const live = passages.ids()
        const rows: { id: string }[] = await target.query().select(['id']).toArray()
        const gone = rows.map((row) => row.id).filter((id) => !live.has(id))
        for (let from = 0; from < gone.length; from += 500) {
          await target.delete(
            `id IN (${gone
              .slice(from, from + 500)
              .map(quote)
              .join(', ')})`,
          )
        }
        // The data folder's lock makes this process the only writer, so nothing is in progress elsewhere.
        await target.optimize({ cleanupOlderThan: new Date(), deleteUnverified: true })
      }),
    close,
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
