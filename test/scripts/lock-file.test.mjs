import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '..', '..')
const text = readFileSync(path.join(root, 'package-lock.json'), 'utf8')
const { packages } = JSON.parse(text)
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))

/** Where npm would find `name` for the package at `place`, walking up. */
function resolved(place, name) {
  for (let at = place; ; ) {
    const candidate = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (packages[candidate]) return candidate
    if (at === '') return null
    const up = at.lastIndexOf('node_modules/')
    at = up > 0 ? at.slice(0, up - 1) : ''
  }
}

describe('the lock file', () => {
  it('names no registry host', () => {
    expect(text).not.toMatch(/"resolved"/)
    expect(text).not.toMatch(/https?:\/\/[^"]*registry/)
  })

  it('names every native package, those of other platforms too', () => {
    // npm leaves out what the registry at hand lacks; `npm ci` then refuses the whole file.
    const missing = Object.entries(packages).flatMap(([place, entry]) =>
      Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
        .filter((name) => resolved(place, name) === null)
        .map((name) => `${name} (of ${place || 'the project'})`),
    )
    expect(missing).toEqual([])
  })

  it('agrees with package.json, whose versions are exact', () => {
    for (const kind of ['dependencies', 'devDependencies']) {
      expect(packages[''][kind]).toEqual(manifest[kind])
      for (const [name, version] of Object.entries(manifest[kind])) {
        expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
        expect(packages[`node_modules/${name}`]?.version, name).toBe(version)
      }
    }
  })
})
