/** The built window's weight: gzipped bytes of all of it, and of what its first view needs. Reads out/renderer alone. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { projectFolder } from '../../main/entries.ts'

const folder = path.join(projectFolder(), 'out', 'renderer')

/** Of these one is fetched at every start. */
const LANGUAGES = ['en', 'de']

export interface WindowSize {
  /** Bytes, each file gzipped by itself (level 9); fonts are compressed already and count as they are. */
  all: number
  firstView: number
  /** The first view's files, the largest first. */
  files: { name: string; bytes: number }[]
}

/** Why nothing can be weighed, in words, or null. */
export function whyNoWindow(): string | null {
  return existsSync(path.join(folder, 'index.html')) ? null : 'the window is not built'
}

function weigh(name: string): number {
  const bytes = readFileSync(path.join(folder, name))
  return name.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length
}

/** Files that a file names beside itself as needed at once: scripts and styles of the page, static imports of a script. */
function needs(name: string): string[] {
  const text = readFileSync(path.join(folder, name), 'utf8')
  const found = name.endsWith('.html')
    ? [...text.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, file]) => file ?? '')
    : [...text.matchAll(/(?:^|[;\n}])import(?:[^"'()]*?from)?["'](\.[^"']+)["']/g)].map(([, file]) =>
        path.posix.join(path.posix.dirname(name), file ?? ''),
      )
  return found.filter((file) => existsSync(path.join(folder, file)))
}

function whole(starts: string[]): Set<string> {
  const seen = new Set<string>()
  const visit = (name: string): void => {
    if (seen.has(name)) return
    seen.add(name)
    if (/\.(html|js)$/.test(name)) for (const other of needs(name)) visit(other)
  }
  for (const start of starts) visit(start)
  return seen
}

/** @param spaces chunks of the pages that a window may open with; the heaviest of them counts */
export function windowSize(spaces: readonly string[] = ['Welcome', 'Library', 'Draft']): WindowSize {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => /\.\w+$/.test(name))
  const sum = (list: Iterable<string>): number => [...list].reduce((total, name) => total + weigh(name), 0)
  // Both faces in Latin: extended Latin is fetched only where a text needs it.
  const fonts = names.filter((name) => /-latin-wght-\w+-[^/]*\.woff2$/.test(name))
  const chunks = (of: string): string[] => names.filter((name) => new RegExp(`/${of}-[^/]*\\.(js|css)$`).test(name))
  const views = spaces.flatMap((space) =>
    LANGUAGES.map((language) => whole(['index.html', ...chunks(language), ...chunks(space), ...fonts])),
  )
  const heaviest = views.sort((a, b) => sum(b) - sum(a))[0] ?? new Set<string>()
  const files = [...heaviest].map((name) => ({ name, bytes: weigh(name) })).sort((a, b) => b.bytes - a.bytes)
  return { all: sum(names), firstView: sum(heaviest), files }
}
