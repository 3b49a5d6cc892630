/**
 * The build: main/ and its worker and child entries as ES modules for Node 20, the preload as one CommonJS file (a
 * sandboxed preload can load nothing but `electron`), the renderer by Vite and Svelte. Packages stay external.
 */
import path from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'electron-vite'

const root = import.meta.dirname
const workers = ['trainer-worker', 'import-worker', 'probe-child', 'device-child']
const mainEntries = ['index', 'browser', 'cli', 'demo', 'starter', ...workers]

export default defineConfig({
  main: {
    build: {
      outDir: path.join(root, 'out', 'main'),
      target: 'node20',
      externalizeDeps: true,
      sourcemap: true,
      rolldownOptions: {
        // An entry that was renamed fails the build.
        input: Object.fromEntries(mainEntries.map((name) => [name, path.join(root, 'main', `${name}.ts`)])),
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: path.join(root, 'out', 'preload'),
      target: 'node20',
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: path.join(root, 'preload', 'index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
      },
    },
  },
  renderer: {
    root: path.join(root, 'renderer'),
    plugins: [svelte({ configFile: false })],
    build: {
      outDir: path.join(root, 'out', 'renderer'),
      emptyOutDir: true,
      target: 'chrome120',
      minify: true,
      rolldownOptions: { input: path.join(root, 'renderer', 'index.html') },
    },
  },
})
