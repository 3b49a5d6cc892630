/** Files of the llama.cpp release whose libraries are used: node-llama-cpp carries its source as a git bundle. */
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import { temporaryFolder } from './temporary.ts'

const parent = temporaryFolder()
let clone: string | null | undefined

function cloned(): string | null {
  if (clone !== undefined) return clone
  try {
    const main = createRequire(import.meta.url).resolve('node-llama-cpp')
    const bundle = path.join(path.dirname(main), '..', 'llama', 'gitRelease.bundle')
    const folder = path.join(parent, 'release.git')
    execFileSync('git', ['clone', '--quiet', '--bare', bundle, folder], { stdio: 'ignore' })
    clone = folder
  } catch {
    clone = null
  }
  return clone
}

/** A file's text, or null where git or the bundle is not there. @throws when the release has no such file */
export function releaseFile(name: string): string | null {
  const folder = cloned()
  if (folder === null) return null
  return execFileSync('git', ['-C', folder, 'show', `HEAD:${name}`], { encoding: 'utf8', maxBuffer: 64 << 20 })
}

/** ggml's names of the operations for which a device's `supports_op` has an answer other than no. */
export function supportedOperations(source: string, signature: string): Set<string> {
  const start = source.indexOf(signature)
  if (start < 0) throw new Error(`${signature} was not found`)
  const body = source.slice(start, source.indexOf('\n}\n', start))
  const refused = /((?:case GGML_\w+:\s*)+)return false;/g
  const cases = body.replaceAll(refused, '').matchAll(/case GGML_(?:OP|UNARY_OP|GLU_OP)_(\w+):/g)
  return new Set([...cases].map((match) => match[1] as string))
}
