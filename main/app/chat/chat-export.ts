/** A branch of a conversation as a Markdown file: questions as quotes, answers as text. */
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { stringify } from 'yaml'
import type { ChatMessage } from '../../../preload/contract.ts'
import { writeAtomically } from '../../atomic.ts'
import { IdiolectError } from '../../errors.ts'
import { typedPath } from '../typed-path.ts'

/** Named as the author, so that no library takes an answer for its owner's own writing. */
const AUTHOR = 'Idiolect (assistant)'

export function conversationMarkdown(
  { title, at }: { title: string; at: string },
  branch: readonly ChatMessage[],
): string {
  const matter = stringify({ title, date: at.slice(0, 10), author: AUTHOR })
  const parts = branch.map(({ role, text, stopped, cut, sources }) => {
    if (role === 'user') return text.replaceAll(/^/gm, '> ').replaceAll(/^> $/gm, '>')
    const leaned = [...new Set(sources.map((source) => source.title))].map((name) => `*${name}*`).join(' · ')
    return `${text.trimEnd()}${stopped || cut ? ' …' : ''}${leaned === '' ? '' : `\n\n— ${leaned}`}`
  })
  return `---\n${matter}---\n\n# ${title}\n\n${parts.join('\n\n')}\n`
}

/** Errors: IdiolectError `FileExists`, `CannotWrite`. */
export function exportConversation(
  about: { title: string; at: string },
  branch: readonly ChatMessage[],
  wanted: string,
  replace: boolean,
): { file: string; bytes: number } {
  const file = path.resolve(typedPath(wanted))
  if (existsSync(file) && (!replace || statSync(file).isDirectory())) {
    const what = statSync(file).isDirectory() ? 'is a folder' : 'is there already'
    throw new IdiolectError('FileExists', `${file} ${what}`, 'Choose another name, or let it be replaced.')
  }
  const bytes = Buffer.from(conversationMarkdown(about, branch))
  writeAtomically(file, (append) => append(bytes), { ofUser: true })
  return { file, bytes: bytes.byteLength }
}
