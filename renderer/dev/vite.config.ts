/** Serves the dev page alone: `npx vite -c renderer/dev/vite.config.ts`, then open /dev/index.html. */
import path from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

// biome-ignore lint/style/noDefaultExport: Vite looks for one.
export default defineConfig({
  root: path.join(import.meta.dirname, '..'),
  plugins: [svelte()],
  server: { host: '127.0.0.1', port: 5199, strictPort: true },
})
