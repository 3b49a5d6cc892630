/**
 * The build: main/ and its worker and child entries as ES modules for Node 20, the preload as one CommonJS file (a
 * sandboxed preload can load nothing but `electron`), the renderer by Vite and Svelte. Packages stay external.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'electron-vite'

const root = import.meta.dirname
const workers = ['trainer-worker', 'import-worker', 'probe-child', 'device-child']
const mainEntries = ['index', 'browser', 'cli', 'demo', 'starter', ...workers]

const mainInput = Object.fromEntries(
  mainEntries.map((name) => [name, path.join(root, 'main', `${name}.ts`)]).filter(([, file]) => existsSync(file ?? '')),
)
const preloadFile = path.join(root, 'preload', 'index.ts')
const rendererFile = path.join(root, 'renderer', 'index.html')

export default defineConfig({
  main:
    Object.keys(mainInput).length > 0
      ? {
          build: {
            outDir: path.join(root, 'out', 'main'),
            target: 'node20',
            externalizeDeps: true,
            sourcemap: true,
            rolldownOptions: {
              input: mainInput,
              output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
            },
          },
        }
      : undefined,
  preload: existsSync(preloadFile)
    ? {
        build: {
          outDir: path.join(root, 'out', 'preload'),
          target: 'node20',
          externalizeDeps: false,
          rolldownOptions: {
            input: { index: preloadFile },
            output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
          },
        },
      }
    : undefined,
  renderer: existsSync(rendererFile)
    ? {
        root: path.join(root, 'renderer'),
        plugins: [svelte({ configFile: false })],
        build: {
          outDir: path.join(root, 'out', 'renderer'),
          emptyOutDir: true,
          target: 'chrome120',
          minify: true,
          rolldownOptions: { input: rendererFile },
        },
      }
    : undefined,
})
