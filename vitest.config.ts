/** The tests: Node, two processes at most, and never the user's own data folder. */
import path from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const TRAINING = ['test/e2e/main-job.test.ts', 'test/e2e/interrupted.test.ts']
const own = path.join(import.meta.dirname, '.idiolect')

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  test: {
    // The other browser tests come last and one at a time: they answer at a person's pace, and ggml's threads bear no
    // neighbours.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // The scripts are plain .mjs, and so are their tests.
          include: ['test/**/*.test.ts', 'test/scripts/*.test.mjs'],
          exclude: ['test/e2e/**'],
          // Two test files run at a time: with a thread for each core, models would wait for each other at every barrier.
          env: { IDIOLECT_THREADS: '1' },
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          // Begun first, since they take minutes, most of them waiting for one thread of a training.
          name: 'e2e-training',
          include: TRAINING,
          env: { IDIOLECT_THREADS: '1' },
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: TRAINING,
          sequence: { groupOrder: 1 },
          fileParallelism: false,
        },
      },
    ],
    environment: 'node',
    // Native packages (SQLite, LanceDB, llama.cpp) want a process of their own, and ggml's threads want the cores.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 300_000,
    // A busy machine is not a failure.
    expect: { poll: { timeout: 60_000 } },
    env: {
      IDIOLECT_HOME: path.join(own, 'test'),
      IDIOLECT_MODELS: process.env.IDIOLECT_MODELS ?? path.join(own, 'models'),
    },
  },
})
