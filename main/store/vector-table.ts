/**
 * The table of the passages' vectors: its columns, and how one of an earlier version becomes one of these. It holds no
 * text: nobody would read it there, and a piece that is removed would stay readable in the folder.
 */
import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Connection, Table } from '@lancedb/lancedb'

export const TABLE = 'vectors'
/** The table of earlier versions, with title and text of every passage. */
const OLD = 'passages'

export interface VectorRow {
  id: string
  document: string
  vector: Float32Array
}

/**
 * An empty table in the place of whatever has its name.
 * @param folder of the connection
 */
export async function createTable(connection: Connection, folder: string, dimensions: number): Promise<Table> {
  // Not LanceDB's own overwriting, which would read what may be damaged, and keep it as an older version.
  await remove(folder, TABLE)
  const arrow = await import('apache-arrow')
  const text = (name: string) => new arrow.Field(name, new arrow.Utf8(), false)
  const item = new arrow.Field('item', new arrow.Float32(), true)
  const vector = new arrow.Field('vector', new arrow.FixedSizeList(dimensions, item), false)
  const schema = new arrow.Schema([text('id'), text('document'), vector])
  return connection.createEmptyTable(TABLE, schema)
}

/** The vectors of an earlier version's table in a new one; the old one stays until `removeOldTable`. */
export async function takeOverOldTable(connection: Connection, folder: string, dimensions: number): Promise<Table> {
  const old = await connection.openTable(OLD)
  try {
    const table = await createTable(connection, folder, dimensions)
    for await (const batch of old.query().select(['id', 'document', 'vector'])) {
      const rows = Array.from({ length: batch.numRows }, (_, at): VectorRow => {
        const row = batch.get(at)
        return { id: row?.id, document: row?.document, vector: row?.vector.toArray() }
      })
      await table.add(rows as unknown as Record<string, unknown>[])
    }
    return table
  } finally {
    old.close()
  }
}

/** @param folder of the connection */
export const removeOldTable = (folder: string): Promise<void> => remove(folder, OLD)

function remove(folder: string, table: string): Promise<void> {
  return rm(path.join(folder, `${table}.lance`), { recursive: true, force: true })
}

/**
 * Is this LanceDB saying that the table's files are not what they were (cut off, overwritten, gone)? A system that
 * refuses (too many files open, no permission, a full disk) says so with its own number, and the files are whole.
 */
export function isDamage(error: unknown): boolean {
  const words = error instanceof Error ? error.message : String(error)
  const system = /os error (\d+)/.exec(words)?.[1]
  // 2 and 3: no such file, no such folder.
  if (system !== undefined && !['2', '3'].includes(system)) return false
  return /LanceError\(IO\)|not found|corrupt|not appear to be a Lance file|failed to decode|panicked/i.test(words)
}
