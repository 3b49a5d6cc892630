import path from 'node:path'
import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { startHost } from '/tmp/wt/voice/test/e2e/host.ts'
export async function main(args: string[]) {
  const [data, out] = args as [string, string]
  mkdirSync(out, { recursive: true })
  const host = await startHost(data, { IDIOLECT_MODELS: '/work/main/.idiolect/models' })
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', colorScheme: 'light' })
    context.setDefaultTimeout(120000)
    const page = await context.newPage()
    page.on('console', (m) => { if (m.type() === 'error') console.log('console', m.text()) })
    page.on('pageerror', (e) => console.log('thrown', e.message))
    await page.goto(host.address)
    await page.getByRole('navigation', { name: 'Spaces' }).getByRole('button', { name: 'Voice' }).click()
    await page.getByTestId('voice-page').waitFor()
    await page.waitForTimeout(1500)
    const tall = async (name: string, width = 1280) => {
      await page.setViewportSize({ width, height: 2000 })
      await page.waitForTimeout(300)
      await page.screenshot({ path: path.join(out, name + '.png') })
      await page.setViewportSize({ width, height: 800 })
    }
    await page.screenshot({ path: path.join(out, 'top.png') })
    for (const tab of ['The proof', 'Learned from', 'Blind test', 'Before and after', 'Side effects', 'Numbers']) {
      await page.getByRole('tab', { name: tab }).click()
      await page.waitForTimeout(400)
      await tall(tab.replaceAll(' ', '-').toLowerCase())
    }
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.getByRole('tab', { name: 'The proof' }).click()
    await tall('proof-dark-900', 900)
  } finally {
    await browser.close()
    await host.stop()
  }
}
