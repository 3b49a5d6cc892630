/** A folder of its own for a test file, gone when the tests are done. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []

// Here: a hook that is registered later, or in a suite that is skipped, is not called.
afterAll(() => {
  // A process that has just been ended may still write.
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
})

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'idiolect-test-'))
  made.push(folder)
  return folder
}
