/**
 * `npm test`: sets up, runs all tests by vitest (arguments are passed on), and ends with one line of numbers. A test
 * that needs a file which is not there is skipped and counted as skipped.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, setUp } from './setup.mjs'
import { fail, say } from './steps.mjs'

/**
 * The last line and the exit code.
 * @param {{testResults?: {status: string, assertionResults: {status: string}[]}[]} | null} report vitest's JSON report
 * @param {number} code vitest's own exit code
 * @returns {{line: string, code: number}}
 */
export function summary(report, code) {
  let passed = 0
  let failed = 0
  let skipped = 0
  for (const file of report?.testResults ?? []) {
    // A file that could not be loaded has no tests to fail.
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) failed++
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed++
      else if (test.status === 'failed') failed++
      else skipped++
    }
  }
  // Errors outside of any test.
  if (code !== 0 && failed === 0 && passed > 0) failed = 1
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  return { line, code: failed > 0 || passed === 0 ? 1 : code }
}

/** Tests that are killed, or skipped as a whole, leave their temporary folders behind: all stand in one, which goes. */
function runVitest(args, reportFile) {
  const temporary = mkdtempSync(path.join(tmpdir(), 'idiolect-tests-'))
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary }
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], { cwd: root, stdio: 'inherit', env })
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  }).finally(() => rmSync(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }))
}

async function main() {
  process.env.IDIOLECT_HOME = path.join(root, '.idiolect', 'test')
  process.env.IDIOLECT_MODELS ??= path.join(root, '.idiolect', 'models')
  await setUp({ model: true })
  const reportFile = path.join(root, '.idiolect', `test-report-${process.pid}.json`)
  mkdirSync(path.dirname(reportFile), { recursive: true })
  const code = await runVitest(process.argv.slice(2), reportFile)
  let report = null
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8'))
  } catch {
    say('vitest left no report.')
  }
  rmSync(reportFile, { force: true })
  const end = summary(report, code)
  console.log(end.line)
  process.exitCode = end.code
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main().catch(fail)
