/** Finding the files below the paths that the user named. */
import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Said, SaidOf, SkippedFile } from '../../preload/contract.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { because, english, reasonOf, say } from '../said.ts'
import { isDataFolder, isOwnFolder } from '../store/own-folder.ts'
import { isIgnoredFolder, kindOf, READABLE, siteOutputs, whyNoPiece } from './kinds.ts'

export interface Found {
  /** Absolute paths of files to read, each file once, in order of path within each path named. */
  files: string[]
  skipped: SkippedFile[]
}

/**
 * Walks `paths`. Hidden folders and node_modules are passed over; data folders are left out, since what the app keeps is
 * no writing to read, and so is what a site builder made of the files beside it. Links are followed, each folder visited once.
 * Throws IdiolectError `NothingToImport` when a path is missing or no file stands below any of them.
 */
export function findFiles(paths: string[]): Found {
  const found: Found = { files: [], skipped: [] }
  const seen = new Set<string>()
  if (paths.some((named) => named.trim() === ''))
    throw new IdiolectError('NothingToImport', 'one of the paths is empty', 'Name a folder or a file.')
  for (const named of paths) visitNamed(path.resolve(named), seen, found)
  if (found.files.length === 0 && found.skipped.length === 0) {
    throw new IdiolectError(
      'NothingToImport',
      `${paths.length === 0 ? 'No path was named' : `There are no files in ${paths.join(', ')}`}`,
      `Name a folder or file with writing in it (${READABLE}).`,
    )
  }
  return found
}

function visitNamed(file: string, seen: Set<string>, found: Found): void {
  let folder: boolean
  let readable: boolean
  try {
    const stat = statSync(file)
    folder = stat.isDirectory()
    readable = folder || stat.isFile()
  } catch (error) {
    throw new IdiolectError('NothingToImport', `${file} ${whyUnreachable(error)}`, 'Check the path and try again.', {
      cause: error,
    })
  }
  if (!readable)
    throw new IdiolectError('NothingToImport', `${file} is neither a file nor a folder`, 'Name a file or a folder.')
  if (folder) visitFolder(file, true, seen, found)
  else visitFile(file, true, seen, found)
}

/** @param led here by its name or by a link, and not from the folder that it is in */
function visitFolder(folder: string, led: boolean, seen: Set<string>, found: Found): void {
  let entries: Dirent[]
  try {
    const real = realpathSync(folder)
    if (seen.has(real)) return
    seen.add(real)
    if (led ? isOwnFolder(real) : isDataFolder(real)) {
      found.skipped.push({ path: folder, ...because('skip.ownFolder') })
      return
    }
    entries = readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    found.skipped.push({ path: folder, ...reasonOf(saidUnreachable('folder', error)) })
    return
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  const built = siteOutputs(entries.map(({ name }) => name))
  for (const entry of entries) {
    const file = path.join(folder, entry.name)
    let isFolder = entry.isDirectory()
    let isFile = entry.isFile()
    const isLink = entry.isSymbolicLink()
    if (isLink) {
      try {
        const target = statSync(file)
        isFolder = target.isDirectory()
        isFile = target.isFile()
        if (isFile && isOwnFolder(path.dirname(realpathSync(file)))) {
          found.skipped.push({ path: file, ...because('skip.ownFolder') })
          continue
        }
      } catch (error) {
        if (!entry.name.startsWith('.')) found.skipped.push({ path: file, ...reasonOf(saidUnreachable('link', error)) })
        continue
      }
    }
    if (isFolder) {
      if (built.has(entry.name)) found.skipped.push({ path: file, ...because('skip.builtSite') })
      else if (!isIgnoredFolder(entry.name)) visitFolder(file, isLink, seen, found)
    } else if (isFile && !entry.name.startsWith('.')) visitFile(file, false, seen, found)
  }
}

function visitFile(file: string, named: boolean, seen: Set<string>, found: Found): void {
  const name = path.basename(file)
  if (kindOf(name) === null) {
    found.skipped.push({ path: file, ...because('skip.kind', path.extname(name) || null, READABLE) })
    return
  }
  const why = named ? null : whyNoPiece(name)
  if (why !== null) {
    found.skipped.push({ path: file, ...reasonOf(why) })
    return
  }
  try {
    const real = realpathSync(file)
    if (seen.has(real)) return
    seen.add(real)
    found.files.push(file)
  } catch (error) {
    found.skipped.push({ path: file, ...reasonOf(saidUnreachable('file', error)) })
  }
}

/** False as well of what cannot be reached, for whatever reason. */
export function isFolder(file: string): boolean {
  try {
    return statSync(file).isDirectory()
  } catch {
    return false
  }
}

/** Why what was to be read cannot be reached. */
export function saidUnreachable(what: SaidOf, error: unknown): Said {
  const code = (error as { code?: unknown }).code
  if (code === 'ENOENT') return say('skip.missing', what)
  if (code === 'EACCES' || code === 'EPERM') return say('skip.denied', what)
  if (code === 'ELOOP') return say('skip.circle', what)
  return say('skip.unreadable', what, messageOf(error))
}

/** A file system error as the end of a sentence that begins with the path. */
export function whyUnreachable(error: unknown): string {
  return english(saidUnreachable('file', error)).replace(/^it /, '')
}
