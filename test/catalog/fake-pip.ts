/** A pip that fetches nothing: a Node script that writes a wheel as pip would, or fails as pip does. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'

/** A zip archive of one uncompressed file. */
export function zipOf(name: string, body: Buffer): Buffer {
  const label = Buffer.from(name)
  const sum = crc32(body)
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(20, 4)
  local.writeUInt32LE(sum, 14)
  local.writeUInt32LE(body.length, 18)
  local.writeUInt32LE(body.length, 22)
  local.writeUInt16LE(label.length, 26)
  const central = Buffer.alloc(46)
  central.writeUInt32LE(0x02014b50, 0)
  central.writeUInt16LE(20, 4)
  central.writeUInt16LE(20, 6)
  central.writeUInt32LE(sum, 16)
  central.writeUInt32LE(body.length, 20)
  central.writeUInt32LE(body.length, 24)
  central.writeUInt16LE(label.length, 28)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length + label.length, 12)
  end.writeUInt32LE(local.length + label.length + body.length, 16)
  return Buffer.concat([local, label, body, central, label, end])
}

/**
 * The command of a fake pip in `folder`. It writes its arguments and TMPDIR to `asked.json` there, and then copies the
 * wheel (of `wheels`, the one that was asked for), or prints `failure` and ends with 1, or (with `hangs`) never ends.
 */
export function fakePip(
  folder: string,
  how: { wheel?: Buffer; wheels?: Record<string, Buffer>; failure?: string; hangs?: boolean },
): string[] {
  const script = path.join(folder, 'pip.cjs')
  const wheel = path.join(folder, 'source.whl')
  if (how.wheel) writeFileSync(wheel, how.wheel)
  for (const [name, body] of Object.entries(how.wheels ?? {})) writeFileSync(path.join(folder, `${name}.whl`), body)
  writeFileSync(
    script,
    `const fs = require('fs'), path = require('path')
const args = process.argv.slice(2)
if (args[0] === '--version') { console.log('pip 99.1 from here (python 3.99)'); process.exit(0) }
const asked = { args, temporary: process.env.TMPDIR, pid: process.pid }
fs.writeFileSync(${JSON.stringify(path.join(folder, 'asked.json'))}, JSON.stringify(asked))
if (${how.hangs === true}) { setInterval(() => {}, 1000); return }
const failure = ${JSON.stringify(how.failure ?? null)}
if (failure !== null) { console.error(failure); process.exit(1) }
const name = args.at(-1).split('==')[0]
const wheel = ${how.wheels !== undefined} ? path.join(__dirname, name + '.whl') : ${JSON.stringify(wheel)}
fs.copyFileSync(wheel, path.join(args[args.indexOf('-d') + 1], 'fake-1.0-py3-none-any.whl'))
`,
  )
  return [process.execPath, script]
}
