/** Tests that stand on one another, as the steps of one person in one window. */
import type { Page } from 'playwright-core'
import { beforeEach } from 'vitest'
import { picture } from './page.ts'

/** To be called in their `describe`: after a failure, which leaves a picture of this name, the rest is skipped. */
export function inOrder(page: () => Page, name: string): void {
  let failed = false
  beforeEach(({ skip, onTestFailed }) => {
    skip(failed, 'an earlier step failed')
    onTestFailed(async () => {
      failed = true
      await picture(page(), name)
    })
  })
}
