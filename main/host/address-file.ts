/**
 * Where a running host can be reached, for whoever starts a second one on the same data folder: `address.json` in the
 * folder, readable by its owner alone, since the address holds the token. It may outlive its host (a kill), so it is
 * only believed when something answers there. Knows nothing of what is served.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

const schema = z.object({ address: z.url() })
/** Milliseconds in which a host on this machine answers. */
const PATIENCE = 2000

const fileIn = (dataFolder: string): string => path.join(dataFolder, 'address.json')

/** @returns takes it away again. What cannot be written is left out: it is a convenience. */
export function keepAddress(dataFolder: string, address: string): () => void {
  const file = fileIn(dataFolder)
  try {
    writeFileSync(`${file}.new`, JSON.stringify({ address }), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch {}
  return () => rmSync(file, { force: true })
}

/** The whole address, with its token, of the host that serves this folder; null when none answers. */
export async function keptAddress(dataFolder: string): Promise<string | null> {
  try {
    const { address } = schema.parse(JSON.parse(readFileSync(fileIn(dataFolder), 'utf8')))
    const { origin, hostname } = new URL(address)
    if (hostname !== '127.0.0.1') return null
    const answer = await fetch(origin, { method: 'HEAD', signal: AbortSignal.timeout(PATIENCE) })
    await answer.body?.cancel()
    return address
  } catch {
    return null
  }
}
