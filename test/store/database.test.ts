import { statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../main/store/database.ts'
import { storeError } from '../../main/store/errors.ts'
import { MIGRATIONS } from '../../main/store/migrations.ts'
import { openStore } from '../../main/store/store.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()

describe('the database', () => {
  it('runs each migration once and keeps what earlier ones wrote', () => {
    const file = path.join(folder, 'migrate.db')
    const first = openDatabase(file, ['CREATE TABLE a (n INTEGER)'])
    first.run('INSERT INTO a VALUES (?)', 7)
    first.close()
    const second = openDatabase(file, ['CREATE TABLE a (n INTEGER)', 'ALTER TABLE a ADD COLUMN m INTEGER DEFAULT 3'])
    expect(second.all('SELECT n, m FROM a')).toEqual([{ n: 7, m: 3 }])
    expect(second.get('SELECT n FROM a WHERE n = ?', 8)).toBeNull()
    second.close()
  })

  it('keeps what stands behind a NUL, at its place', () => {
    const database = openDatabase(path.join(folder, 'nul.db'), ['CREATE TABLE a (t TEXT)'])
    database.run('INSERT INTO a VALUES (?)', 'before\0after')
    expect(database.get('SELECT t FROM a')).toEqual({ t: 'before\uFFFDafter' })
    database.close()
  })

  it('leaves nothing of a migration that fails', () => {
    const file = path.join(folder, 'broken.db')
    expect(() => openDatabase(file, ['CREATE TABLE a (n INTEGER); CREATE TABLE a (n INTEGER)'])).toThrow(
      /already exists/,
    )
    const db = openDatabase(file, ['CREATE TABLE a (n INTEGER)'])
    expect(db.all('SELECT * FROM a')).toEqual([])
    db.close()
  })

  it('refuses a database from a newer program, naming both versions', () => {
    const file = path.join(folder, 'newer.db')
    openDatabase(file, ['CREATE TABLE a (n INTEGER)', 'CREATE TABLE b (n INTEGER)']).close()
    expect(() => openDatabase(file, ['CREATE TABLE a (n INTEGER)'])).toThrow(/version 2.*up to 1/)
  })

  it('rolls a failed transaction back, nested ones with it', () => {
    const db = openDatabase(path.join(folder, 'rollback.db'), ['CREATE TABLE a (n INTEGER)'])
    expect(() =>
      db.transaction(() => {
        db.transaction(() => db.run('INSERT INTO a VALUES (1)'))
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(db.all('SELECT * FROM a')).toEqual([])
    db.close()
  })

  it('says in words that the disk is full, and keeps what was there', () => {
    const db = openDatabase(path.join(folder, 'full.db'), ['CREATE TABLE a (text TEXT)'])
    db.run('INSERT INTO a VALUES (?)', 'kept')
    db.all('PRAGMA max_page_count = 4')
    expect(() => db.run('INSERT INTO a VALUES (?)', 'x'.repeat(100_000))).toThrow(
      expect.objectContaining({ name: 'DiskFull', message: expect.stringContaining('full.db') }),
    )
    expect(db.all('SELECT * FROM a')).toEqual([{ text: 'kept' }])
    db.close()
  })

  it('knows the other words for a full disk and leaves other errors alone', () => {
    const lance = new Error('LanceError(IO): Generic LocalFileSystem error: No space left on device (os error 28)')
    expect(storeError(lance, 'v')).toMatchObject({ name: 'DiskFull' })
    const other = new Error('something else')
    expect(storeError(other, 'v')).toBe(other)
  })
})

describe('openStore', () => {
  it('refuses a file that is no database, names it, and lets the folder go', async () => {
    const data = path.join(folder, 'rubbish')
    await (await openStore(data)).close()
    const file = path.join(data, 'library.db')
    writeFileSync(file, 'this is no database '.repeat(500))
    await expect(openStore(data)).rejects.toMatchObject({
      name: 'LibraryUnreadable',
      message: expect.stringContaining(file),
    })
    await expect(openStore(data)).rejects.toMatchObject({ name: 'LibraryUnreadable' })
  })

  it('says that a file stands where the folder should', async () => {
    const file = path.join(folder, 'a-file')
    writeFileSync(file, '')
    await expect(openStore(file)).rejects.toThrow(/a-file/)
  })

  it('keeps of single texts that labels were suggested for only those that were picked for', () => {
    const file = path.join(folder, 'suggested.db')
    const before = MIGRATIONS.findIndex((step) => step.includes('learn_at'))
    const early = openDatabase(file, MIGRATIONS.slice(0, before))
    for (const [id, picked] of [
      ['seen', null],
      ['picked', '["sea"]'],
    ] as const)
      early.run('INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, ?, ?)', id, 'tag', '', '', 'A text.', '[]', picked, null)
    early.close()
    const now = openDatabase(file, MIGRATIONS)
    expect(now.all('SELECT id FROM labels')).toEqual([{ id: 'picked' }])
    now.close()
  })

  it('makes the schema that the list of migrations describes', async () => {
    const data = path.join(folder, 'schema')
    await (await openStore(data)).close()
    const db = openDatabase(path.join(data, 'library.db'), MIGRATIONS)
    const tables = db.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    // The index of words keeps tables of its own.
    const names = tables.map((table) => table.name).filter((name) => !name.startsWith('passage_words_'))
    expect(names).toEqual([
      'answers',
      'conversations',
      'documents',
      'draft_files',
      'draft_versions',
      'drafts',
      'exclusions',
      'folders',
      'foreign_runs',
      'headlines',
      'label_choices',
      'label_originals',
      'label_rows',
      'labels',
      'messages',
      'models',
      'passage_words',
      'passages',
      'removed',
      'runs',
      'settings',
      'skipped',
      'trials',
      'voice_reports',
      'voice_uses',
      'voices',
    ])
    db.close()
  })
})

describe('the data folder', () => {
  it.skipIf(process.platform === 'win32')('is made for its owner alone', async () => {
    const made = path.join(temporaryFolder(), 'data')
    await (await openStore(made)).close()
    expect(statSync(made).mode & 0o777).toBe(0o700)
  })

  it('that is a file is refused in words', async () => {
    const file = path.join(temporaryFolder(), 'data')
    writeFileSync(file, 'mine')
    await expect(openStore(file)).rejects.toMatchObject({
      name: 'DataFolderUnusable',
      message: `${file} is a file, and the data needs a folder`,
    })
  })
})
