/** The folder browser for hosts without a file dialog (names in a folder, how many pieces of writing it holds), and the text of one file. */
import { type Dirent, existsSync, readdirSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { FolderEntry, FolderListing, Handlers } from '../../preload/contract.ts'
import { readWhole } from '../drafts/documents.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { isFolder } from '../library/find.ts'
import { isWriting } from '../library/kinds.ts'
import type { AppContext } from './context.ts'
import { typedPath } from './typed-path.ts'

type FileCalls = 'files.choose' | 'files.list' | 'files.read' | 'files.reveal'

export function fileHandlers({ options }: AppContext): Pick<Handlers, FileCalls> {
  return {
    async 'files.choose'({ kind }) {
      if (!options.files) return { supported: false, paths: [] }
      return { supported: true, paths: await options.files.choose(kind) }
    },
    async 'files.reveal'({ path: file }) {
      if (!options.files?.reveal) return { shown: false }
      const there = existsSync(file) ? file : path.dirname(file)
      if (!existsSync(there)) {
        throw new IdiolectError('NoSuchFile', `${file} is gone, and its folder too`, 'Read its folder again.')
      }
      options.files.reveal(there)
      return { shown: true }
    },
    async 'files.list'({ path: asked, kind = 'writing' }) {
      return listFolder(path.resolve(asked === undefined ? os.homedir() : typedPath(asked)), kind)
    },
    async 'files.read'({ name, data }) {
      const { text, title } = await readWhole(name, Buffer.from(data, 'base64'))
      return { text, title }
    },
  }
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/** Hidden entries are left out. Errors: IdiolectError `UnreadableFolder` with the system's reason. */
export function listFolder(folder: string, kind: 'writing' | 'gguf'): FolderListing {
  const fits = (name: string): boolean => (kind === 'gguf' ? /\.gguf$/i.test(name) : isWriting(name))
  let names: Dirent[]
  try {
    names = readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    throw new IdiolectError(
      'UnreadableFolder',
      `${folder} cannot be listed: ${messageOf(error)}`,
      'Choose another folder.',
    )
  }
  const entries: FolderEntry[] = []
  for (const entry of names) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const full = path.join(folder, entry.name)
    if (entry.isDirectory() || (entry.isSymbolicLink() && isFolder(full)))
      entries.push({ name: entry.name, path: full, folder: true, pieces: countPieces(full, fits) })
    else if (fits(entry.name)) entries.push({ name: entry.name, path: full, folder: false, pieces: 0 })
  }
  entries.sort((a, b) => Number(b.folder) - Number(a.folder) || collator.compare(a.name, b.name))
  const parent = path.dirname(folder)
  return { path: folder, parent: parent === folder ? null : parent, entries }
}

function countPieces(folder: string, fits: (name: string) => boolean): number {
  try {
    return readdirSync(folder).filter(fits).length
  } catch {
    return 0
  }
}
