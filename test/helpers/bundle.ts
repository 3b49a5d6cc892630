/** One of the project's TypeScript files as a JavaScript module that a child process or a worker can run. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'vite'
import { afterAll } from 'vitest'
import { projectFolder } from '../../main/entries.ts'

const folders: string[] = []

// Here, not in bundle(): a hook that is registered while another runs is not called.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Bundles `entry` (path from the project's folder), packages left out; gone when the tests of the file are done. */
export async function bundle(entry: string): Promise<string> {
  // Inside the project, so that packages are found from there.
  const parent = path.join(projectFolder(), '.idiolect')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(path.join(parent, 'bundle-'))
  folders.push(folder)
  await build({
    configFile: false,
    logLevel: 'silent',
    root: projectFolder(),
    build: {
      ssr: path.join(projectFolder(), entry),
      outDir: folder,
      target: 'node20',
      rolldownOptions: { output: { format: 'es', entryFileNames: 'entry.mjs' } },
    },
  })
  return path.join(folder, 'entry.mjs')
}
