/** SQLite through libsql: opening, migrating, and four ways to ask. Knows no tables. */
import Libsql from 'libsql'
import { IdiolectError } from '../errors.ts'
import { storeError } from './errors.ts'

export type SqlValue = string | number | null

/** Now in SQL, as `Date.toISOString` writes it. */
export const NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

export interface Database {
  /** All rows. */
  all<T>(sql: string, ...values: SqlValue[]): T[]
  /** The first row, or null. */
  get<T>(sql: string, ...values: SqlValue[]): T | null
  /** Number of rows changed. */
  run(sql: string, ...values: SqlValue[]): number
  /** All or nothing; nested calls join the outer one. */
  transaction<T>(work: () => T): T
  close(): void
}

/**
 * Opens `file`, creating it where absent, and brings it up to the newest of `migrations` (list of SQL scripts; the
 * database's `user_version` counts those already run). Throws IdiolectError `LibraryTooNew`, `LibraryUnreadable`,
 * `DataFolderUnusable` or `DiskFull`.
 */
export function openDatabase(file: string, migrations: readonly string[]): Database {
  const guard = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw storeError(error, file)
    }
  }
  const connection = guard(() => new Libsql(file, { timeout: 2000 }))
  const statements = new Map<string, Libsql.Statement<unknown[]>>()
  const prepared = (sql: string): Libsql.Statement<unknown[]> => {
    let statement = statements.get(sql)
    if (!statement) {
      statement = connection.prepare(sql)
      statements.set(sql, statement)
    }
    return statement
  }
  // libsql ends a text at its first NUL, and what stood behind it would be lost: a sign of the same length for it.
  const whole = (values: SqlValue[]): SqlValue[] =>
    values.map((value) => (typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value))
  let depth = 0
  const database: Database = {
    all: <T>(sql: string, ...values: SqlValue[]) => guard(() => prepared(sql).all(...whole(values)) as T[]),
    // Not libsql's own get(): it adds a `_metadata` field to the row.
    get: <T>(sql: string, ...values: SqlValue[]) => guard(() => (prepared(sql).all(...whole(values))[0] as T) ?? null),
    run: (sql, ...values) => guard(() => prepared(sql).run(...whole(values)).changes),
    transaction<T>(work: () => T): T {
      if (depth > 0) return work()
      guard(() => connection.exec('BEGIN IMMEDIATE'))
      depth++
      try {
        const result = work()
        guard(() => connection.exec('COMMIT'))
        return result
      } catch (error) {
        // A full disk may have rolled back already.
        if (connection.inTransaction) connection.exec('ROLLBACK')
        throw error
      } finally {
        depth--
      }
    },
    close: () => {
      // libsql keeps the files open until the process ends: what is in the log must not wait for that.
      guard(() => connection.pragma('wal_checkpoint(TRUNCATE)'))
      connection.close()
    },
  }
  try {
    guard(() => {
      connection.pragma('journal_mode = WAL')
      connection.pragma('synchronous = NORMAL')
      connection.pragma('foreign_keys = ON')
      // What is removed does not stay readable in the pages that it leaves.
      connection.pragma('secure_delete = ON')
    })
    migrate(database, connection, file, migrations, guard)
  } catch (error) {
    connection.close()
    throw error
  }
  return database
}

function migrate(
  database: Database,
  connection: Libsql.Database,
  file: string,
  migrations: readonly string[],
  guard: <T>(work: () => T) => T,
): void {
  const version = database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
  if (version > migrations.length) {
    throw new IdiolectError(
      'LibraryTooNew',
      `${file} has version ${version}, and this program knows versions up to ${migrations.length}`,
      'Use the newer version of the app that wrote it.',
    )
  }
  for (let next = version; next < migrations.length; next++) {
    database.transaction(() => {
      guard(() => connection.exec(migrations[next] ?? ''))
      guard(() => connection.exec(`PRAGMA user_version = ${next + 1}`))
    })
  }
}
