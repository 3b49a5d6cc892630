/** Where the window stood: kept in the data folder, and used only if it would still be seen. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

export const smallest = { width: 900, height: 600 }
const usual = { width: 1280, height: 840 }

const boundsSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(1),
  height: z.int().min(1),
  maximized: z.boolean(),
})

/** Device-independent pixels; without x and y the system places the window. */
export interface Bounds {
  x?: number
  y?: number
  width: number
  height: number
  maximized: boolean
}

export interface Area {
  x: number
  y: number
  width: number
  height: number
}

const boundsFile = (dataFolder: string) => path.join(dataFolder, 'window.json')

/** Would enough of the title bar be on this display to be dragged: 100 by 20 pixels. */
function reachable(bounds: Area, display: Area): boolean {
  const across = Math.min(bounds.x + bounds.width, display.x + display.width) - Math.max(bounds.x, display.x)
  const barInside = bounds.y >= display.y - 10 && bounds.y + 20 <= display.y + display.height
  return across >= 100 && barInside
}

/**
 * The remembered bounds, or the usual size where there are none, they are broken, or their display is gone.
 * @param displays work areas of the displays there are
 */
export function readBounds(dataFolder: string, displays: Area[]): Bounds {
  let found: z.infer<typeof boundsSchema>
  try {
    found = boundsSchema.parse(JSON.parse(readFileSync(boundsFile(dataFolder), 'utf8')))
  } catch {
    return { ...usual, maximized: false }
  }
  const size = {
    width: Math.max(found.width, smallest.width),
    height: Math.max(found.height, smallest.height),
    maximized: found.maximized,
  }
  return displays.some((display) => reachable(found, display)) ? { x: found.x, y: found.y, ...size } : size
}

/** A window's place is not worth an error: what cannot be written is forgotten. */
export function writeBounds(dataFolder: string, bounds: Area & { maximized: boolean }): void {
  const { x, y, width, height, maximized } = bounds
  const file = boundsFile(dataFolder)
  try {
    writeFileSync(`${file}.new`, JSON.stringify({ x, y, width, height, maximized }))
    renameSync(`${file}.new`, file)
  } catch {}
}
