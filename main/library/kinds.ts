/** Which files are writing, told by their names. */
import path from 'node:path'
import type { DocumentSummary, Said } from '../../preload/contract.ts'
import { say } from '../said.ts'

const KINDS = new Map<string, DocumentSummary['kind']>([
  ['.md', 'markdown'],
  ['.markdown', 'markdown'],
  ['.mdx', 'markdown'],
  ['.txt', 'text'],
  ['.text', 'text'],
  ['.html', 'html'],
  ['.htm', 'html'],
  ['.docx', 'docx'],
])

/** What is read, for messages. */
export const READABLE = [...KINDS.keys()].join(' ')

export function kindOf(file: string): DocumentSummary['kind'] | null {
  return KINDS.get(path.extname(file).toLowerCase()) ?? null
}

/** Would a folder's import read a file of this name? */
export function isWriting(name: string): boolean {
  return !name.startsWith('.') && kindOf(name) !== null && whyNoPiece(name) === null
}

/** Folders that hold no writing of anyone: passed over without a word. */
export function isIgnoredFolder(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules'
}

/** What a site builder is told by, and the folder that it writes into beside that. */
const SITES: readonly [config: RegExp, output: string][] = [
  [/^_config\.(?:ya?ml|toml)$/, '_site'],
  [/^(?:\.eleventy|eleventy\.config)\.[cm]?[jt]s$/, '_site'],
  [/^_config\.ya?ml$/, 'public'],
  [/^hugo\.(?:toml|ya?ml|json)$/, 'public'],
  [/^(?:gatsby-config|quartz\.config)\.[cm]?[jt]s$/, 'public'],
  [/^astro\.config\.[cm]?[jt]s$/, 'dist'],
  [/^docusaurus\.config\.[cm]?[jt]s$/, 'build'],
  [/^pelicanconf\.py$/, 'output'],
  [/^mkdocs\.ya?ml$/, 'site'],
  [/^book\.toml$/, 'book'],
]

/** Names of folders that hold what a site builder made of the files beside them. @param names all in one folder */
export function siteOutputs(names: readonly string[]): Set<string> {
  const made = SITES.filter(([config]) => names.some((name) => config.test(name))).map(([, output]) => output)
  // Hugo's and Zola's older name may be anybody's: only beside their sources.
  if (names.includes('content') && names.some((name) => /^config\.(?:toml|ya?ml|json)$/.test(name))) made.push('public')
  return new Set(made)
}

/** Why a readable file that was found in a folder (not named by the user) is no piece of writing, or null. */
export function whyNoPiece(name: string): Said | null {
  if (name.startsWith('~$')) return say('skip.wordProcessor')
  if (name.startsWith('_')) return say('skip.underscore')
  if (/^(readme|licen[cs]e|copying|changelog|contributing|code_of_conduct)\b/i.test(name)) {
    return say('skip.readme')
  }
  return null
}
