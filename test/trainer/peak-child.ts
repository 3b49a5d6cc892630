/** A child that tells its parent its own peak memory. */
import { peakMemoryBytes } from '../../main/trainer/peak-memory.ts'

process.send?.(peakMemoryBytes())
