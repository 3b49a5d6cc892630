/** The voices' surface: switching, names, strengths, export and import, proofs. */
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Handlers, Proof, Voice, VoicesCalls } from '../../../preload/contract.ts'
import { exportPeft } from '../../adapters/peft.ts'
import { exportVoice, importVoice } from '../../adapters/share-voice.ts'
import { readVoiceFile } from '../../adapters/voice-file.ts'
import { IdiolectError } from '../../errors.ts'
import { readProof } from '../../evaluation/proof-file.ts'
import { readGguf } from '../../gguf/read.ts'
import { english } from '../../said.ts'
import type { AppContext } from '../context.ts'
import { noteStaying } from '../leaving-files.ts'
import { learnedOf } from '../library/learned.ts'
import { installedBase } from '../training/run-base.ts'
import { typedPath } from '../typed-path.ts'
import type { Card } from './card.ts'
import { importedCard } from './voice-cards.ts'
import { mixCard } from './voice-mixes.ts'
import { rememberVoice, switchedVoice } from './voice-of-base.ts'
import { removeVoice } from './voice-removal.ts'
import { fileOfVoice, speaksIn, unknownVoice, whyNotUsable } from './voices.ts'

type VoiceCalls = Extract<keyof VoicesCalls, `voices.${string}`>

const STRONGEST = 2
/** Switches that are listed. */
const HISTORY = 50

export function voiceHandlers(context: AppContext): Pick<Handlers, VoiceCalls> {
  const { store } = context
  const get = (id: string): Card => {
    const found = store.voices.get<Card>(id)
    if (!found) throw unknownVoice(context, id)
    return found.card
  }
  const proofOf = ({ run }: Card): Proof | null => {
    const folder = run === null ? null : store.runs.get(run)?.folder
    return folder ? readProof(folder) : null
  }
  /** A proof that cannot be read must not hide the voices: whoever opens it is told. */
  const lossOf = (card: Card): Pick<Voice, 'lost'> => {
    if (card.won !== false) return {}
    try {
      const proof = proofOf(card)
      return proof ? { lost: { verdict: proof.verdict, said: proof.said ?? null } } : {}
    } catch {
      return {}
    }
  }
  const voiceOf = (card: Card): Voice => {
    const { imported: _, ...facts } = card
    const said = whyNotUsable(context, card.id)
    const on = store.voices.active()?.id === card.id
    const usable = said === null
    return {
      ...facts,
      ...lossOf(card),
      speaks: speaksIn(context, card),
      active: on && usable,
      resting: on && !usable,
      usable,
      whyNot: said && english(said),
      said,
    }
  }
  const list = (): Voice[] =>
    store.voices
      .list<Card>()
      .map(({ card }) => voiceOf(card))
      .reverse()
  return {
    async 'voices.list'() {
      return list()
    },
    async 'voices.use'({ voice }) {
      if (voice !== null) {
        get(voice)
        const said = whyNotUsable(context, voice)
        if (said)
          throw new IdiolectError('VoiceMismatch', english(said), 'Choose the base it was trained on first.', { said })
      }
      // Switched off while it rests: it does not come back with its base either.
      const { resting } = switchedVoice(context)
      if (voice === null && resting !== null) rememberVoice(context, get(resting).base, null)
      store.voices.setActive(voice)
      context.changed()
      return list()
    },
    async 'voices.rename'({ voice, name }) {
      const clean = name.trim()
      if (clean === '' || clean.length > 120) throw new IdiolectError('BadName', 'a name has 1 to 120 characters', null)
      const card = { ...get(voice), name: clean }
      store.voices.put(voice, card)
      return voiceOf(card)
    },
    async 'voices.strength'({ voice, strength }) {
      if (strength !== null && !(strength >= 0 && strength <= STRONGEST))
        throw new IdiolectError('BadOption', `a strength is a number from 0 to ${STRONGEST}, not ${strength}`, null)
      const { strength: _, ...card } = get(voice)
      store.voices.put(voice, strength === null ? card : { ...card, strength })
      context.changed()
      return voiceOf(get(voice))
    },
    async 'voices.mix'({ mix, name, voices }) {
      if (mix !== undefined) get(mix)
      const card = mixCard(context, mix, name, voices)
      store.voices.put(card.id, card)
      context.changed()
      return voiceOf(card)
    },
    async 'voices.remove'({ voice }) {
      removeVoice(context, get(voice))
      return { removed: true }
    },
    async 'voices.export'({ voice, file, format = 'gguf' }) {
      const card = get(voice)
      const source = fileOfVoice(context, voice)
      const needs = { base: card.base, taskAdapter: card.under?.name ?? null }
      if (format === 'gguf') return { ...exportVoice(source, path.resolve(typedPath(file))), needs }
      const base = installedBase(context)
      const folder = path.resolve(typedPath(file))
      exportPeft(readVoiceFile(source), readGguf(base.path), base.sha256, card.base, folder)
      const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0)
      return { file: folder, bytes, needs }
    },
    async 'voices.import'({ file, name }) {
      const { id, voice } = importVoice(path.resolve(typedPath(file)), store.folder)
      const known = store.voices.get<Card>(id)?.card
      const came = importedCard(context, id, voice, name ?? known?.name, typedPath(file))
      // The same file again is the same voice, as its owner set it.
      const card = known?.strength === undefined ? came : { ...came, strength: known.strength }
      store.transaction(() => {
        noteStaying(store, path.relative(store.folder, voice.file))
        store.voices.put(id, card)
      })
      context.changed()
      return voiceOf(card)
    },
    async 'voices.history'() {
      return store.voices.uses(HISTORY).map((use) => ({
        ...use,
        there:
          use.voice === null || (store.voices.get(use.voice) !== null && whyNotUsable(context, use.voice) === null),
      }))
    },
    async 'voices.learned'({ voice }) {
      const { run } = get(voice)
      const folder = run === null ? null : store.runs.get(run)?.folder
      return learnedOf(context, folder ?? null)
    },
    async 'voices.proof'({ voice }) {
      return proofOf(get(voice))
    },
  }
}
