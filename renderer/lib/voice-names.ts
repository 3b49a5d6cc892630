import type { Voice } from '../../preload/contract.ts'

/**
 * The voice or voices (`a:0.7+b:0.3`) that a text names, as their owner calls them; null for none, and the id where the
 * voice is there no more.
 */
export function voiceName(id: string | null, voices: readonly Pick<Voice, 'id' | 'name'>[]): string | null {
  if (id === null) return null
  const nameOf = (one: string): string | undefined => voices.find((voice) => voice.id === one)?.name
  const parts = id.split('+').map((part) => part.slice(0, Math.max(0, part.lastIndexOf(':'))))
  return nameOf(id) ?? (parts.every((part) => nameOf(part)) ? parts.map(nameOf).join(' + ') : id)
}
