/** Runs the project's TypeScript from a script, by Vite. To be called when the packages are there. */
import { root } from './setup.mjs'

/**
 * @template T
 * @param {string} file absolute path
 * @param {(module: Record<string, any>) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withModule(file, work) {
  const { createServer } = await import('vite')
  // A server, and not the one-time import: what a part loads late (llama.cpp's binding) goes through it as well.
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    oxc: { target: 'node20' },
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, watch: null, hmr: false, ws: false },
  })
  try {
    return await work(await server.ssrLoadModule(file))
  } finally {
    await server.close()
  }
}
