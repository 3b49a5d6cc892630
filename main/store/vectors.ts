/**
 * The passages' vectors in LanceDB. SQLite is the truth: whatever is lost or left over here is put right from there
 *, so a kill between the two never matters; files that a power cut or a program that syncs folders spoiled are given up,
 * and the vectors made anew. LanceDB is loaded on first use.
 */
import { rm } from 'node:fs/promises'
import type { Connection, Table } from '@lancedb/lancedb'
import { storeError } from './errors.ts'
import type { PassageFacts, Passages } from './passages.ts'
import type { SettingsTable } from './settings.ts'
import { createTable, isDamage, removeOldTable, TABLE, takeOverOldTable, type VectorRow } from './vector-table.ts'

const SETTING = 'library.embedder'
/** Which kind of table there is: absent, that of versions which kept the passages' texts beside their vectors. */
const FORM = 'library.vectors'
const WITHOUT_TEXTS = 2
/** A piece was removed since the folder was last tidied. */
const UNTIDY = 'library.untidy'
/** Milliseconds from a removal to the tidying, which others after it share. */
const REST = 2000
const CENTURY = 100 * 365 * 86_400_000

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
  /** Unit vectors, one a passage; a passage that is there already is replaced, one that is gone meanwhile left out. */
  add(passages: PassageFacts[], vectors: Float32Array[]): Promise<void>
  /** Passages, nearest first (cosine, -1..1). Flat search: exact, and some 20 ms for 5,000 passages. */
  nearest(vector: Float32Array, limit: number): Promise<NearPassage[]>
  /** To be said where a piece is removed, in the same transaction: a kill after it leaves vectors behind. */
  expectRemoval(): void
  /** Soon afterwards the folder is tidied. */
  removeDocument(document: string): Promise<void>
  /** Was a piece removed since the folder was last tidied? */
  untidy(): boolean
  /** Removes rows that no passage stands for, merges small files and drops old versions: else the folder grows. */
  tidy(): Promise<void>
  /** Calls `tell` whenever vectors were lost, so that someone makes them anew. */
  whenLost(tell: () => void): void
  close(): Promise<void>
}

export function createVectors(folder: string, passages: Passages, settings: SettingsTable): Vectors {
  let connection: Connection | null = null
  let table: Table | null = null
  let tell: () => void = () => {}
  let rest: NodeJS.Timeout | null = null

  let turn: Promise<unknown> = Promise.resolve()
  /**
   * One thing after another: a piece that is removed while vectors are added must not outlive that, and tidying takes
   * away the files of which a search would still read.
   */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work).catch((error: unknown) => {
      throw storeError(error, folder)
    })
    turn = mine.catch(() => {})
    return mine
  }

  const connect = async (): Promise<Connection> => {
    if (!connection) {
      const lancedb = await import('@lancedb/lancedb')
      connection = await lancedb.connect(folder)
    }
    return connection
  }

  const letGo = () => {
    table?.close()
    connection?.close()
    table = null
    connection = null
  }

  const create = async (mark: EmbedderMark): Promise<Table> => {
    // Before anything is thrown away: where LanceDB cannot be loaded, nothing would come in its place.
    await connect()
    letGo()
    await rm(folder, { recursive: true, force: true })
    passages.forgetVectors()
    table = await createTable(await connect(), folder, mark.dimensions)
    settings.set(FORM, WITHOUT_TEXTS)
    settings.set(SETTING, mark)
    return table
  }

  /** Vectors that cannot be read are made anew: until then, words are searched. */
  const giveUp = async (): Promise<void> => {
    settings.remove(SETTING)
    passages.forgetVectors()
    letGo()
    // What cannot be removed now is removed when a table is made in its place.
    await rm(folder, { recursive: true, force: true }).catch(() => {})
    tell()
  }

  const givingUp = async <T>(work: () => Promise<T>, instead: T): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (!isDamage(error)) throw error
      await giveUp()
      return instead
    }
  }

  /** The table of the marked embedder, or null where there is none; a damaged one is given up. */
  const open = async (): Promise<Table | null> => {
    if (table) return table
    const mark = settings.get<EmbedderMark>(SETTING)
    if (!mark) return null
    const there = await connect()
    return givingUp(async () => {
      let opened: Table
      if (settings.get(FORM) === WITHOUT_TEXTS) opened = await there.openTable(TABLE)
      else {
        opened = await takeOverOldTable(there, folder, mark.dimensions)
        settings.set(FORM, WITHOUT_TEXTS)
      }
      // Also after a kill in the midst of this.
      await removeOldTable(folder)
      if ((await opened.countRows()) < passages.embeddedCount()) {
        passages.forgetVectors()
        tell()
      }
      table = opened
      return opened
    }, null)
  }

  const tidy = async (): Promise<void> => {
    const target = await open()
    if (target)
      await givingUp(async () => {
        const live = passages.ids()
        const rows: { id: string }[] = await target.query().select(['id']).toArray()
        const gone = rows.map((row) => row.id).filter((id) => !live.has(id))
        for (let from = 0; from < gone.length; from += 500) {
          const some = gone.slice(from, from + 500).map(quote)
          await target.delete(`id IN (${some.join(', ')})`)
        }
        // The data folder's lock makes this process the only writer, so nothing is in progress elsewhere. Any version
        // but the newest goes: the one before it has the rows that were just removed, and clocks may be set back.
        await target.optimize({ cleanupOlderThan: new Date(Date.now() + CENTURY), deleteUnverified: true })
      }, undefined)
    settings.remove(UNTIDY)
  }
  const untidy = (): boolean => settings.get<boolean>(UNTIDY) === true
  const endRest = (): void => {
    if (rest) clearTimeout(rest)
    rest = null
  }

  return {
    embedder: () => settings.get<EmbedderMark>(SETTING),
    prepare: (mark) =>
      inTurn(async () => {
        const present = await open()
        const held = settings.get<EmbedderMark>(SETTING)
        if (present && held && held.id === mark.id && held.dimensions === mark.dimensions) return
        await create(mark)
      }),
    add: (rows, vectors) =>
      inTurn(async () => {
        const target = await open()
        const mark = settings.get<EmbedderMark>(SETTING)
        if (!target || !mark) throw new Error('vectors.add before vectors.prepare')
        if (rows.length !== vectors.length) throw new Error(`${rows.length} passages and ${vectors.length} vectors`)
        const live = new Set(passages.get(rows.map(({ id }) => id)).map(({ id }) => id))
        const data = rows
          .map(({ id, document }, at): VectorRow => ({ id, document, vector: vectors[at] as Float32Array }))
          .filter(({ id }) => live.has(id))
        if (data.length === 0) return
        if (!(await givingUp(() => put(target, data), false))) await put(await create(mark), data)
        passages.markEmbedded(data.map((row) => row.id))
      }),
    nearest: (vector, limit) =>
      inTurn(async () => {
        const target = await open()
        if (!target || limit < 1) return []
        return givingUp(async () => {
          const query = target.vectorSearch(vector).distanceType('cosine').select(['id', '_distance']).limit(limit)
          const rows: { id: string; _distance: number }[] = await query.toArray()
          return rows.map((row) => ({ id: row.id, similarity: 1 - row._distance }))
        }, [])
      }),
    expectRemoval: () => settings.set(UNTIDY, true),
    removeDocument: (document) =>
      inTurn(async () => {
        const target = await open()
        if (!target) return
        await givingUp(async () => {
          await target.delete(`document = ${quote(document)}`)
        }, undefined)
        endRest()
        rest = setTimeout(() => {
          rest = null
          // Else it is done at the next start.
          void inTurn(tidy).catch(() => {})
        }, REST).unref()
      }),
    untidy,
    tidy: () => inTurn(tidy),
    whenLost(listener) {
      tell = listener
    },
    async close() {
      const due = rest !== null
      endRest()
      if (due) await inTurn(tidy).catch(() => {})
      await inTurn(async () => letGo())
    },
  }
}

async function put(table: Table, rows: VectorRow[]): Promise<true> {
  const data = rows as unknown as Record<string, unknown>[]
  await table.mergeInsert('id').whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(data)
  return true
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
