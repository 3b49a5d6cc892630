import os from 'node:os'
import { expect, test } from 'vitest'
import { coresOfCpuInfo, lent, machineThreads } from '../../main/inference/threads.ts'

const processor = (physical: number, core: number) =>
  `processor\t: 0\nphysical id\t: ${physical}\ncore id\t\t: ${core}\n`

test('hardware threads of one core count once, cores of two packages apart', () => {
  const text = [processor(0, 0), processor(0, 1), processor(0, 0), processor(0, 1), processor(1, 0)].join('\n')
  expect(coresOfCpuInfo(text)).toBe(3)
})

test('a cpuinfo that names no cores says so', () => {
  expect(coresOfCpuInfo('processor\t: 0\nBogoMIPS\t: 100\n\nprocessor\t: 1\n')).toBeNull()
})

test('this machine: at least one thread each, training leaves a core free where there are two', () => {
  const { chat, train } = machineThreads()
  expect(chat).toBeGreaterThanOrEqual(1)
  expect(chat).toBeLessThanOrEqual(os.availableParallelism())
  expect(train).toBe(Math.max(1, chat - 1))
})

test('the environment can lend fewer, and what is no number of threads lends all', () => {
  expect(lent('1')).toBe(1)
  for (const given of [undefined, '', '0', '-1', '1.5', 'two']) expect(lent(given)).toBe(Number.POSITIVE_INFINITY)
})
