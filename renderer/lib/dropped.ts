/** What is dropped on the window: files and folders, as paths where the window sees them, else as what is in them. */
import type { ContractError, GivenFile } from '../../preload/contract.ts'
import { words } from '../words/words.ts'
import { toContractError } from './errors.ts'
import { formatBytes, formatNumber } from './format.ts'

export interface Dropped {
  file: File | null
  entry: FileSystemEntry | null
}

export interface NamedFile {
  /** With its folders. */
  name: string
  file: File
}

/** What was dropped and is not read, and why. */
export interface NotGiven {
  /** With its folders; of what is beyond the most that is read, the folder that was dropped. */
  path: string
  why: ContractError
}

export interface Given {
  paths: string[]
  files: NamedFile[]
  left: NotGiven[]
}

/** Bytes that go to the host at once: base64 makes a third more of them, and a call has its bound. */
const BATCH = 8_000_000
/** Bytes of one file: as base64 it fills the 20 MiB that the host takes in a call. */
const MOST_BYTES = 15_000_000
/** Of what a page may read of a dropped folder; a larger one is better given by its path. */
const MOST_FILES = 5000
/** So many more are counted: somebody may have dropped a whole disk. */
const MOST_COUNTED = 50_000
const WRITING = /\.(md|markdown|mdx|txt|text|html|htm|docx)$/i

/** To be called while the drop event lasts: afterwards the browser forgets what was dropped. */
export function droppedItems(data: DataTransfer | null): Dropped[] {
  return [...(data?.items ?? [])]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({ file: item.getAsFile(), entry: item.webkitGetAsEntry?.() ?? null }))
}

/** One that cannot be read ends nothing: it is left out, and the others are given. */
export async function pathsOrFiles(dropped: Dropped[], pathOf: ((file: File) => string) | null): Promise<Given> {
  if (pathOf) {
    return { paths: dropped.flatMap(({ file }) => (file ? [pathOf(file)] : [])).filter(Boolean), files: [], left: [] }
  }
  const walk = new Walk()
  for (const { file, entry } of dropped) {
    if (entry) await walk.take(entry, '')
    else if (file) walk.files.push({ name: file.name, file })
  }
  return { paths: [], files: walk.files, left: walk.left }
}

function unreadable(path: string, error: unknown): NotGiven {
  return {
    path,
    why: { name: 'NotReadable', message: words.dropped.unreadable(toContractError(error).message), next: null },
  }
}

/** Through what was dropped, folder by folder. */
class Walk {
  readonly files: NamedFile[] = []
  readonly #left: NotGiven[] = []
  /** Files beyond the most that are read, and the first one's folder. */
  #beyond = 0
  #beyondIn = ''

  get left(): NotGiven[] {
    if (this.#beyond === 0) return this.#left
    const more = this.#beyond < MOST_COUNTED
    const message = words.dropped.beyond(formatNumber(this.#beyond), formatNumber(MOST_FILES), more)
    return [...this.#left, { path: this.#beyondIn, why: { name: 'TooManyFiles', message, next: words.dropped.byPath } }]
  }

  async take(entry: FileSystemEntry, folder: string): Promise<void> {
    if (this.#beyond >= MOST_COUNTED || entry.name.startsWith('.') || entry.name === 'node_modules') return
    const name = `${folder}${entry.name}`
    try {
      if (entry.isFile) await this.#takeFile(entry as FileSystemFileEntry, name, folder)
      else await this.#takeFolder(entry as FileSystemDirectoryEntry, name)
    } catch (error) {
      this.#left.push(unreadable(name, error))
    }
  }

  async #takeFile(entry: FileSystemFileEntry, name: string, folder: string): Promise<void> {
    // A single file of another kind is told so by the host; a folder's others are passed over.
    if (folder !== '' && (!WRITING.test(entry.name) || entry.name.startsWith('~$'))) return
    if (this.files.length >= MOST_FILES) {
      this.#beyond += 1
      this.#beyondIn ||= name.split('/')[0] ?? name
      return
    }
    this.files.push({ name, file: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)) })
  }

  async #takeFolder(entry: FileSystemDirectoryEntry, name: string): Promise<void> {
    const reader = entry.createReader()
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
      if (some.length === 0) return
      for (const each of some) await this.take(each, `${name}/`)
    }
  }
}

/** Batches of files for the host, each under its bound. @param left takes those that are too large or not readable */
export async function* toGiven(files: NamedFile[], left: NotGiven[]): AsyncGenerator<GivenFile[]> {
  let batch: GivenFile[] = []
  let bytes = 0
  for (const { name, file } of files) {
    if (file.size > MOST_BYTES) {
      const message = words.dropped.large(formatBytes(file.size), formatBytes(MOST_BYTES))
      left.push({ path: name, why: { name: 'TooLargeToGive', message, next: words.dropped.byPath } })
      continue
    }
    if (batch.length > 0 && bytes + file.size > BATCH) {
      yield batch
      batch = []
      bytes = 0
    }
    try {
      batch.push({ name, data: toBase64(new Uint8Array(await file.arrayBuffer())), modified: file.lastModified })
      bytes += file.size
    } catch (error) {
      left.push(unreadable(name, error))
    }
  }
  if (batch.length > 0) yield batch
}

/** In parts: a call takes no million arguments. */
export function toBase64(bytes: Uint8Array): string {
  const part = 0x8000
  let text = ''
  for (let at = 0; at < bytes.length; at += part) text += String.fromCharCode(...bytes.subarray(at, at + part))
  return btoa(text)
}
