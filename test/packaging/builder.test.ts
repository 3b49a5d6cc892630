/**
 * Packages a small stand-in for the app with the real electron-builder and the real electron-builder.yml. Electron's
 * binary is a stub that has nothing but the place where its fuses stand.
 */
import { execFile } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { extractFile, listPackage } from '@electron/asar'
import { beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '../../main/entries.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const project = projectFolder()
const folder = path.join(temporaryFolder(), 'app')
const fuseMark = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'

function write(file: string, content: string | Buffer = 'x'): string {
  const place = path.join(folder, file)
  mkdirSync(path.dirname(place), { recursive: true })
  writeFileSync(place, content)
  return place
}

const native = [
  'koffi/build/koffi.node',
  '@node-llama-cpp/linux-x64/bins/libggml.so',
  '@libsql/linux-x64-gnu/index.node',
]

// Files and fuses do not depend on the system that packages, but the stub is a Linux one.
describe.skipIf(process.platform !== 'linux')('the package', () => {
  let archive: string
  let files: string[]
  let unpacked: string[]

  beforeAll(async () => {
    for (const file of ['electron-builder.yml', 'LICENSE', 'resources/icon.png', 'resources/entitlements.plist']) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
      copyFileSync(path.join(project, file), path.join(folder, file))
    }
    const built = [
      'main/index.js',
      'main/index.js.map',
      'main/trainer-worker.js',
      'preload/index.cjs',
      'renderer/index.html',
    ]
    for (const file of built) write(`out/${file}`)
    for (const file of [
      'models/a.json',
      'resources/sample/post.md',
      'resources/task-adapters/a.gguf',
      'test/a.test.ts',
      'main/index.ts',
    ])
      write(file)
    const dependencies: Record<string, string> = { plain: '1.0.0' }
    for (const file of [...native, 'plain/index.js']) {
      const name = file
        .split('/')
        .slice(0, file.startsWith('@') ? 2 : 1)
        .join('/')
      dependencies[name] = '1.0.0'
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0' }))
      write(`node_modules/${file}`)
    }
    const { version, description, main, type } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8'))
    write(
      'package.json',
      JSON.stringify({ name: 'idiolect', author: 'a', version, description, main, type, dependencies }),
    )
    // After the mark: the wire's version, its length, and the fuses, all off.
    const binary = write(
      'stub/electron',
      Buffer.concat([Buffer.from(fuseMark), Buffer.from([1, 9]), Buffer.from('000000000')]),
    )
    chmodSync(binary, 0o755)
    write('stub/version', '45.4.1')
    mkdirSync(path.join(folder, 'stub', 'resources'))

    const builder = path.join(project, 'node_modules', 'electron-builder', 'cli.js')
    const args = ['--dir', '--linux', '--x64', '--publish', 'never', '-c.electronVersion=45.4.1']
    const stub = `-c.electronDist=${path.join(folder, 'stub')}`
    await promisify(execFile)(process.execPath, [builder, ...args, stub], { cwd: folder, maxBuffer: 1 << 24 }).catch(
      (error: { stdout?: string; stderr?: string }) => {
        throw new Error(`electron-builder failed:\n${error.stdout}\n${error.stderr}`)
      },
    )
    archive = path.join(folder, 'dist', 'linux-unpacked', 'resources', 'app.asar')
    files = listPackage(archive, { isPack: false })
    unpacked = readdirSync(`${archive}.unpacked`, { recursive: true }) as string[]
  })

  it('holds the built app, the manifests, the sample and the licence, and no sources', () => {
    for (const file of ['/out/main/index.js', '/out/renderer/index.html', '/out/preload/index.cjs', '/LICENSE']) {
      expect(files).toContain(file)
    }
    expect(files).toContain('/models/a.json')
    expect(files).toContain('/resources/sample/post.md')
    expect(files).toContain('/node_modules/plain/index.js')
    for (const file of ['/test', '/main', '/stub', '/out/main/index.js.map']) expect(files).not.toContain(file)
    expect(JSON.parse(extractFile(archive, 'package.json').toString()).main).toBe('out/main/index.js')
  })

  it('has what the system or a child must open as real files outside the archive', () => {
    for (const file of native) expect(unpacked).toContain(path.join('node_modules', file))
    expect(unpacked).toContain('out/main/trainer-worker.js')
    expect(unpacked).toContain('models/a.json')
    expect(unpacked).toContain('package.json')
    for (const file of ['resources/sample/post.md', 'resources/task-adapters/a.gguf']) expect(unpacked).toContain(file)
    // A child finds its packages beside itself, those without native code too.
    expect(unpacked).toContain('node_modules/plain/index.js')
    // What only Electron reads stays inside.
    expect(unpacked).not.toContain('out/renderer/index.html')
  })

  it('sets the fuses: children run as Node, nothing else is let in', () => {
    const binary = readFileSync(path.join(folder, 'dist', 'linux-unpacked', 'idiolect'))
    const start = binary.indexOf(fuseMark) + fuseMark.length + 2
    // RunAsNode, cookie encryption, NODE_OPTIONS, --inspect, asar integrity, only from asar.
    expect(binary.subarray(start, start + 6).toString()).toBe('110011')
    expect(existsSync(archive)).toBe(true)
  })
})
