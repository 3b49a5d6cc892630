/**
 * The ggml room: tensors, graphs and devices of ggml, called through FFI in the very shared libraries that
 * node-llama-cpp brings, so that what chats is what trains. It knows no language model, no file of the user.
 *
 * This file finds and loads the libraries. The prototypes belong to one release of ggml: `loadGgml` refuses another,
 * and checks struct sizes and a small product against a known answer before anything else is done (selfTest in
 * `open.ts`).
 */
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import koffi from 'koffi'
import { unpacked } from '../entries.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { bindGgml, type Ggml, prepareCalls } from './api.ts'

/** The ggml release whose headers `api.ts` was written against (node-llama-cpp 3.22.1 carries it). */
export const GGML_VERSION = '0.25.1'

/** Variants of node-llama-cpp's platform packages, and which devices they bring beside the CPU. */
export const VARIANTS = ['cpu', 'cuda', 'vulkan', 'metal'] as const
export type Variant = (typeof VARIANTS)[number]

function packageNames(variant: Variant): string[] {
  const { platform, arch } = process
  const os = platform === 'win32' ? 'win' : platform === 'darwin' ? 'mac' : 'linux'
  const base = `@node-llama-cpp/${os}-${arch}`
  if (os === 'mac') {
    const carried = arch === 'arm64' ? ['cpu', 'metal'] : ['cpu']
    return carried.includes(variant) ? [arch === 'arm64' ? `${base}-metal` : base] : []
  }
  return variant === 'cpu' ? [base] : [`${base}-${variant}`]
}

/**
 * Folder with the shared libraries of a variant.
 * @throws IdiolectError `NoEngine` when the platform's package is not installed
 */
export function librariesFolder(variant: Variant = 'cpu'): string {
  const require = createRequire(createRequire(import.meta.url).resolve('node-llama-cpp'))
  const names = packageNames(variant)
  for (const name of names) {
    const short = name.slice(name.indexOf('/') + 1)
    for (const root of require.resolve.paths(name) ?? []) {
      // A library cannot be loaded from inside Electron's archive: its unpacked twin stands beside it.
      const folder = unpacked(path.join(root, name, 'bins', short))
      if (existsSync(folder)) return folder
    }
  }
  throw new IdiolectError(
    'NoEngine',
    `none of ${names.join(', ') || `the packages for ${variant}`} is installed, so there are no ggml libraries for ${process.platform}-${process.arch}`,
    'Install again without leaving out optional dependencies.',
  )
}

function find(folder: string, pattern: RegExp): string {
  const name = readdirSync(folder).find((entry) => pattern.test(entry))
  if (name === undefined) throw new IdiolectError('NoEngine', `${folder} has no file like ${pattern}`, null)
  return path.join(folder, name)
}

let loaded: { variant: Variant; ggml: Ggml } | null = null

/**
 * Loads the libraries of one variant and the backends that stand beside them. A process holds one set: two would share
 * names and spoil each other's memory. Every variant has the CPU too, so whatever is loaded serves for `cpu`.
 * @throws IdiolectError `NoEngine` when they are absent or do not load, `WrongEngine` when it is another release
 */
export function loadGgml(variant: Variant = 'cpu'): Ggml {
  if (loaded) {
    if (variant === 'cpu' || loaded.variant === variant) return loaded.ggml
    throw new Error(
      `this process holds the ${loaded.variant} libraries and cannot load those for ${variant} beside them`,
    )
  }
  const folder = librariesFolder(variant)
  let ggml: Ggml
  prepareCalls()
  try {
    const base = koffi.load(find(folder, /^(lib)?ggml-base(\.v?[\w.]+)?\.(so|dylib|dll)$/))
    const main = koffi.load(find(folder, /^(lib)?ggml(\.(cuda|vulkan|metal))?(\.v?[\d.]+)?\.(so|dylib|dll)$/))
    ggml = bindGgml(base, main)
  } catch (error) {
    if (error instanceof IdiolectError) throw error
    throw new IdiolectError('NoEngine', `the ggml libraries in ${folder} do not load: ${messageOf(error)}`, null)
  }
  const version = ggml.version()
  if (version !== GGML_VERSION) {
    throw new IdiolectError(
      'WrongEngine',
      `the ggml libraries are release ${version}, and this program was written for ${GGML_VERSION}`,
      'Install the dependencies by the lock file (npm ci).',
    )
  }
  ggml.backendLoadAllFromPath(folder)
  loaded = { variant, ggml }
  return ggml
}
