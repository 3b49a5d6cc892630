/** What is dropped on the window: files and folders, as paths where the window sees them, else as what is in them. */
import type { GivenFile } from '../../preload/contract.ts'

export interface Dropped {
  file: File | null
  entry: FileSystemEntry | null
}

export interface NamedFile {
  /** With its folders. */
  name: string
  file: File
}

/** Bytes that go to the host at once: base64 makes a third more of them, and a call has its bound. */
const BATCH = 8_000_000
/** Of what a page may read of a dropped folder; a larger one is better given by its path. */
const MOST_FILES = 5000
const WRITING = /\.(md|markdown|mdx|txt|text|html|htm|docx)$/i

/** To be called while the drop event lasts: afterwards the browser forgets what was dropped. */
export function droppedItems(data: DataTransfer | null): Dropped[] {
  return [...(data?.items ?? [])]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({ file: item.getAsFile(), entry: item.webkitGetAsEntry?.() ?? null }))
}

export async function pathsOrFiles(
  dropped: Dropped[],
  pathOf: ((file: File) => string) | null,
): Promise<{ paths: string[]; files: NamedFile[] }> {
  if (pathOf) return { paths: dropped.flatMap(({ file }) => (file ? [pathOf(file)] : [])).filter(Boolean), files: [] }
  const files: NamedFile[] = []
  for (const { file, entry } of dropped) {
    if (entry) await walk(entry, '', files)
    else if (file) files.push({ name: file.name, file })
  }
  return { paths: [], files }
}

async function walk(entry: FileSystemEntry, folder: string, files: NamedFile[]): Promise<void> {
  if (files.length >= MOST_FILES || entry.name.startsWith('.') || entry.name === 'node_modules') return
  const name = `${folder}${entry.name}`
  if (entry.isFile) {
    // A single file of another kind is told so by the host; a folder's others are passed over.
    if (folder !== '' && (!WRITING.test(entry.name) || entry.name.startsWith('~$'))) return
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
    files.push({ name, file })
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return
    for (const each of some) await walk(each, `${name}/`, files)
  }
}

/** Batches of files for the host, each under its bound. */
export async function* toGiven(files: NamedFile[]): AsyncGenerator<GivenFile[]> {
  let batch: GivenFile[] = []
  let bytes = 0
  for (const { name, file } of files) {
    if (batch.length > 0 && bytes + file.size > BATCH) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push({ name, data: toBase64(new Uint8Array(await file.arrayBuffer())), modified: file.lastModified })
    bytes += file.size
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
