/** The window's words: the same in every language, and nowhere else. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type AST, parse } from 'svelte/compiler'
import { afterEach, describe, expect, it } from 'vitest'
import { projectFolder } from '../../main/entries.ts'
import { ENGLISH, english, say } from '../../main/said.ts'
import type { Said, SaidValues } from '../../preload/contract.ts'
import { inWords } from '../../renderer/lib/errors.ts'
import {
  formatBytes,
  formatDate,
  formatFixed,
  formatNumber,
  formatPercent,
  formatSeconds,
} from '../../renderer/lib/format.ts'
import { inOwnWords } from '../../renderer/lib/said.ts'
import { de } from '../../renderer/words/de.ts'
import { en } from '../../renderer/words/en.ts'
import { systemLanguage } from '../../renderer/words/languages.ts'
import { language, setLanguage, words } from '../../renderer/words/words.ts'
import { components } from '../helpers/components.ts'

const LANGUAGES = { en, de }

afterEach(() => setLanguage('system'))

type Say = (...input: unknown[]) => string

/** Of one and of more; where a list is wanted, of a list. */
function said(say: Say): string {
  try {
    return [say(1, 1, 1, 1), say(2, 3, 4, 5)].join('\n')
  } catch {
    return say(['one', 'other'], 2, 3)
  }
}

/** `chat.send` -> its word; functions are called with one and with more, and numbers serve as names. */
function spoken(part: object, prefix = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(part)) {
    const name = prefix + key
    if (typeof value === 'string') found.set(name, value)
    else if (typeof value === 'function') found.set(name, said(value))
    else for (const [inner, word] of spoken(value, `${name}.`)) found.set(inner, word)
  }
  return found
}

/** Nothing is to be said there, in any language. */
const SILENT = new Set(['draft.why.saved', 'errors.named', 'host.said', 'host.note'])

describe('the languages', () => {
  const english = spoken(LANGUAGES.en)
  for (const [tag, own] of Object.entries(LANGUAGES)) {
    it(`${tag} says everything, and says it whole`, () => {
      const said = spoken(own)
      expect([...said.keys()].sort()).toEqual([...english.keys()].sort())
      for (const [name, word] of said) {
        if (!SILENT.has(name)) expect(word.trim(), name).not.toBe('')
        expect(word, name).not.toMatch(/undefined|NaN|\[object/)
      }
    })
  }

  it('German is not English left standing', () => {
    const german = spoken(LANGUAGES.de)
    const same = [...english].filter(
      ([name, word]) => new Set(word.match(/\p{L}{2,}/gu)).size > 2 && german.get(name) === word,
    )
    expect(same).toEqual([])
  })

  it('German quotes as German does', () => {
    for (const [name, word] of spoken(LANGUAGES.de)) expect(word, name).not.toMatch(/["”]|“[^“„]*”/)
  })

  it('the system decides, then the owner', async () => {
    expect(systemLanguage(['fr-CH', 'de-AT', 'en'])).toBe('de')
    expect(systemLanguage(['fr'])).toBe('en')
    await setLanguage('de')
    expect(language()).toBe('de')
    expect(words.spaces.library).toBe('Bibliothek')
    await setLanguage('en')
    expect(words.spaces.library).toBe('Library')
  })

  it('numbers and dates follow', async () => {
    await setLanguage('en')
    expect([formatNumber(12345), formatFixed(1.5), formatBytes(91.7e6), formatPercent(0.5)]).toEqual([
      '12,345',
      '1.50',
      '91.7 MB',
      '50%',
    ])
    expect(formatDate('2024-05-17')).toBe('May 17, 2024')
    await setLanguage('de')
    expect([formatNumber(12345), formatFixed(1.5), formatBytes(91.7e6), formatPercent(0.5)]).toEqual([
      '12.345',
      '1,50',
      '91,7 MB',
      '50\u00a0%',
    ])
    expect(formatDate('2024-05-17')).toBe('17.05.2024')
  })
})

describe('a time', () => {
  it.each([
    [0.2, '1 second'],
    [59.4, '59 seconds'],
    [59.7, '1 minute'],
    [3569, '59 minutes'],
    [3590, '1 hour'],
    [7195, '2 hours'],
    [7260, '2 h 1 min'],
  ])('of %s seconds is rounded before its unit is chosen: %s', async (seconds, said) => {
    await setLanguage('en')
    expect(formatSeconds(seconds)).toBe(said)
  })
})

describe('a sentence about one thing and about several', () => {
  it('agrees with its number in English', () => {
    expect([1, 2].map(en.welcome.already)).toEqual([
      '1 piece is in the library already.',
      '2 pieces are in the library already.',
    ])
    expect(en.labels.bulkTags(1, 1)).toBe('1 tag on 1 piece would be accepted.')
    expect([1, 2].map(en.library.goneTitle)).toEqual(['1 piece whose file is gone', '2 pieces whose files are gone'])
    expect(en.welcome.characters(1)).toBe('1 character')
  })

  it('agrees with its number and its case in German', () => {
    expect([1, 2].map(de.welcome.already)).toEqual([
      '1 Text steht schon in der Bibliothek.',
      '2 Texte stehen schon in der Bibliothek.',
    ])
    expect([de.labels.bulkTags(1, 1), de.labels.bulkTags(5, 3)]).toEqual([
      '1 Schlagwort an 1 Text würde angenommen.',
      '5 Schlagwörter an 3 Texten würden angenommen.',
    ])
    expect([1, 2].map(de.library.changedTitle)).toEqual([
      '1 Text, dessen Datei sich geändert hat',
      '2 Texte, deren Dateien sich geändert haben',
    ])
  })

  it('ends with a full stop, with days and without', () => {
    expect(en.voicePage.learnedFrom(12, null, null)).toBe('It learned from 12 texts of yours.')
    expect(en.voicePage.learnedFrom(12, 'May 1', 'May 3')).toBe(
      'It learned from 12 texts of yours, written between May 1 and May 3.',
    )
    expect(de.voicePage.learnedFrom(1, '1. Mai', '1. Mai')).toBe('Gelernt aus 1 eigenem Text, geschrieben am 1. Mai.')
  })
})

/** What a person reads or hears of an element beside its text. */
const SPOKEN = new Set([
  'aria-label',
  'aria-description',
  'aria-roledescription',
  'title',
  'placeholder',
  'alt',
  'label',
])
/** Letters that are no word of a language: the mark of a key, of a format, of a unit. */
const NO_WORDS = new Set(['Esc', 'Tab', 'GGUF', 'NLL', 'GB', 'MB', 'CC', 'BY', 'rsLoRA'])

/** Every piece of text with a letter in it that a template writes out by itself. */
function wordsOf(source: string): string[] {
  const found: string[] = []
  const note = (text: string): void => {
    for (const word of text.split(/[^\p{L}]+/u)) if (word && !NO_WORDS.has(word)) found.push(text.trim())
  }
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return
    const { type } = node as { type?: string }
    if (type === 'Text') note((node as AST.Text).data)
    if (type === 'RegularElement' && (node as AST.RegularElement).name === 'style') return
    if (type === 'StyleDirective') return
    if (type === 'Attribute') {
      const { name, value } = node as AST.Attribute
      if (!SPOKEN.has(name) || value === true) return
      for (const part of Array.isArray(value) ? value : [value]) {
        if (part.type === 'Text') note(part.data)
        else if (part.expression.type === 'Literal') note(String(part.expression.value))
        else if (part.expression.type === 'TemplateLiteral')
          for (const { value } of part.expression.quasis) note(value.raw)
      }
      return
    }
    for (const [key, child] of Object.entries(node)) if (key !== 'parent') visit(child)
  }
  visit(parse(source, { modern: true }).fragment)
  return found
}

describe('errors', () => {
  const main = path.join(projectFolder(), 'main')
  /** What only the terminal is answered. */
  const elsewhere = /^(lamp|terminal)\//
  const thrown = new Set(
    readdirSync(main, { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => name.endsWith('.ts') && !elsewhere.test(name))
      .flatMap((name) => [
        ...readFileSync(path.join(main, name), 'utf8').matchAll(/(?:IdiolectError|super)\(\s*'([A-Z]\w+)'/g),
      ])
      .map(([, name]) => name),
  )

  it('of the host have a German word each', () => {
    expect(thrown.size).toBeGreaterThan(100)
    expect([...thrown].filter((name) => !de.errors.named(name ?? ''))).toEqual([])
  })

  it('are told in the window\u2019s language, the host\u2019s own words beneath', async () => {
    const error = { name: 'UnknownVoice', message: 'there is no voice "a"', next: 'Choose another.' }
    await setLanguage('en')
    expect(inWords(error)).toEqual({ message: error.message, next: error.next, exact: null })
    await setLanguage('de')
    expect(inWords(error)).toEqual({
      message: 'Diese Stimme gibt es nicht mehr.',
      next: null,
      exact: 'there is no voice "a" Choose another.',
    })
    expect(inWords({ ...error, name: 'Error' })).toEqual({ message: error.message, next: error.next, exact: null })
  })
})

describe('the components', () => {
  it('are searched for words of their own', () => {
    expect(wordsOf('<p>Hello</p>')).toEqual(['Hello'])
    expect(wordsOf('{#if a}<p title="A b">{words.x} · 3</p>{/if}')).toEqual(['A b', 'A b'])
    expect(wordsOf('<button aria-label={`Close`} class="button quiet">{"x"}</button>')).toEqual(['Close'])
    expect(wordsOf('<A title={words.a} value="left" /><script>const a = "Hello"</script>')).toEqual([])
  })

  it('show what the host said in the language at hand, never as it came', () => {
    const raw = /\{(?!said\.|words\.)(?:[\w.]+\.(?:error|message|whyNot|why|reason|refusal)|error|refusal)\}/g
    expect('<p>{row.error}</p><p>{error}</p><p>{said.message}</p>'.match(raw)).toEqual(['{row.error}', '{error}'])
    const found = components().flatMap(({ name, source }) => {
      const markup = source.slice(source.indexOf('</script>'))
      return (markup.match(raw) ?? []).map((shown) => `${name}: ${shown}`)
    })
    expect(found).toEqual([])
  })

  it('have none', () => {
    const all = components()
    expect(all.length).toBeGreaterThan(50)
    const own = all.flatMap(({ name, source }) => wordsOf(source).map((word) => `${name}: ${word}`))
    expect(own).toEqual([])
  })
})

describe('what the host says', () => {
  const gain = { mean: 0.81, low: 0.62, high: -0.05 }
  const inner = say('skip.empty')
  /** One of each code; the compiler holds the list complete. */
  const examples: { readonly [C in keyof SaidValues]: SaidValues[C] } = {
    'skip.kind': ['.pdf', '.md .txt'],
    'skip.wordProcessor': [],
    'skip.underscore': [],
    'skip.readme': [],
    'skip.missing': ['link'],
    'skip.denied': ['folder'],
    'skip.circle': ['file'],
    'skip.unreadable': ['file', 'EIO'],
    'skip.large': [31_500_000, 20_000_000],
    'skip.empty': [],
    'skip.noProse': [],
    'skip.zeroBytes': [],
    'skip.notUtf8': [17, 3, 'e4'],
    'skip.unknownEncoding': ['koi9'],
    'skip.notEncoding': ['utf-16le'],
    'skip.password': [],
    'skip.noWord': [],
    'skip.brokenWord': ['CRC'],
    'skip.damagedWord': [],
    'skip.openMatter': [1, '---'],
    'skip.badMatter': [4, 'CRC'],
    'skip.twin': ['/a/b.md'],
    'skip.removed': [],
    'skip.ownFolder': [],
    'skip.builtSite': [],
    'write.undecided': [],
    'write.html': [],
    'write.docx': [],
    'write.gone': [],
    'write.unreadable': ['EIO'],
    'write.readOnly': [],
    'write.notUtf8': [],
    'write.badMatter': [],
    'write.saysElse': ['Reise'],
    'write.loneReturn': [],
    'write.plainText': [],
    'write.jsonBrace': [],
    'write.braces': [],
    'write.unsafeKey': ['categories', true],
    'write.unsafeMatter': [inner],
    'write.bodyMoves': [],
    'write.anchor': [],
    'write.not': ['/a/b.md', inner],
    'write.noFolder': ['/a/b.md', '/a'],
    'write.there': ['/a/b.md'],
    'write.since': ['/a/tea.md'],
    'write.changed': ['/a/b.md'],
    'training.preparing': [],
    'training.loading': [],
    'training.learning': [],
    'training.aside': [],
    'training.paused': [],
    'training.writing': [],
    'training.control': [],
    'training.beforeProof': [],
    'training.proving': [],
    'training.cancelled': [],
    'training.interrupted': [],
    'training.elsewhere': [inner],
    'training.taskDone': [['headline', 'prose'], 'Ada (12)'],
    'note.list': [[inner, inner]],
    'note.tooFew': [1, 8, 20],
    'note.mayLose': [12, 20, 3],
    'note.cannotWin': [1, 3],
    'note.leftOut': ['prose', inner],
    'note.lacks': ['tag'],
    'note.fewLabels': ['rate', 1, 12],
    'note.allSame': [],
    'note.ownScale': [[1, 2.5]],
    'note.offScale': [[7, 8]],
    'note.fewExamples': [9, 5, 0],
    'note.fewUnseen': [5, 1, 3],
    'note.learntBefore': [4],
    'note.twins': [2],
    'note.assistants': [3],
    'note.accepted': [6],
    'note.unknownStart': ['Ada'],
    'note.nothing': [],
    'note.noBase': [],
    'note.baseGone': ['smol', 'CRC'],
    'note.notTrainable': ['smol', inner],
    'proof.won': [8, 3.2, 2.4, gain, gain, say('control.shuffled', 128), gain, gain, ['tag', 'rate']],
    'proof.noTask': [],
    'proof.lost': [[say('proof.fewPieces', 1, 3), inner]],
    'proof.fewPieces': [1, 3],
    'proof.noLikelier': [8, gain],
    'proof.small': [8, gain, 0.01],
    'proof.smallAtHand': [gain, 0.01],
    'proof.noLeadOverTask': [gain],
    'proof.unknownStart': ['Ada'],
    'proof.noLead': [say('control.imported', 'Ada'), gain],
    'control.shuffled': [128],
    'control.imported': ['Ada'],
    'voice.noFile': ['/a/b.gguf'],
    'voice.noBase': [],
    'voice.mixUnseen': [],
    'voice.foreignUnseen': [],
    'voice.runGone': [],
    'mix.gone': ['v1'],
    'mix.part': ['Ada', inner],
    'mix.kind': ['Ada', 'ia3'],
    'base.embedder': [],
    'base.architecture': ['mamba'],
    'model.added': [],
    'model.unusable': [{ code: 'model.gone', values: ['/a/own.gguf'] }],
    'model.gone': ['/a/own.gguf'],
    'model.changed': ['/a/own.gguf'],
    'source.hub': ['a/b'],
    'source.wheel': ['fake', '1.0', 2],
    'source.own': [],
    error: ['BadVoice', 'CRC'],
    plain: ['Ada'],
  }
  const all = Object.entries(examples).map(([code, values]) => ({ code, values }) as Said)
  /** Words that only English has, of those that the host's sentences are made of. */
  const ENGLISH_WORDS = /\b(the|is|its|with|which|and|of|from|not|voice|piece|pieces|cannot|your)\b/i

  it('has a German word for every code, without English', async () => {
    expect(all.map(({ code }) => code).sort()).toEqual(Object.keys(ENGLISH).sort())
    await setLanguage('de')
    for (const said of all) {
      const german = inOwnWords('', said)
      expect(german, said.code).not.toBe('')
      expect(german, said.code).not.toMatch(/undefined|NaN|\[object|["”]|“[^“„]*”/)
      expect(german, said.code).not.toMatch(ENGLISH_WORDS)
      if (said.code !== 'plain') expect(german, said.code).not.toBe(english(said))
    }
  })

  it('is told with its values, in German as in English', async () => {
    const small = say('proof.lost', [say('proof.noLead', say('control.imported', 'Ada'), gain)])
    expect(inOwnWords(english(small), small)).toBe(
      'The voice is kept but not switched on: its lead over the imported voice “Ada” is 0.81 (95% interval 0.62 to −0.050), which is not clear of zero.',
    )
    await setLanguage('de')
    expect(inOwnWords(english(small), small)).toBe(
      'Die Stimme bleibt, ist aber nicht eingeschaltet: ihr Vorsprung ist 0,81 (95-%-Bereich 0,62 bis −0,050), nicht sicher über null; zur Kontrolle diente die importierte Stimme „Ada“.',
    )
    const few = say('note.tooFew', 3, 8, 20)
    expect(inWords({ name: 'TooFewPieces', message: english(few), next: null, said: few }).message).toBe(
      '3 Texte sind zu wenig für ein Training: Es braucht mindestens 8, besser 20',
    )
  })

  it('tells of a model of one’s own, of where a model comes from, and of a file that changed, in whole sentences', async () => {
    await setLanguage('de')
    const from = (said: Said): string => de.models.from(inOwnWords(english(said), said))
    expect(from(say('source.hub', 'a/b'))).toBe('aus dem Hugging Face Hub (a/b)')
    expect(from(say('source.wheel', 'fake', '1.0', 1))).toBe('aus dem Python-Paket fake 1.0 und 1 weiteren')
    expect(from(say('source.own'))).toBe('aus einer eigenen Datei')
    const gone = say('model.unusable', say('model.gone', '/a/own.gguf'))
    expect(inOwnWords(english(gone), gone)).toBe('Nicht zu verwenden: /a/own.gguf ist nicht mehr da.')
    expect([de.headlines.by('Edda'), de.headlines.byBase]).toEqual(['von Edda', 'vom Basismodell'])
    const said = say('write.since', '/a/tea.md')
    const told = inWords({ name: 'FileChanged', message: english(said), next: 'Look at the preview again.', said })
    expect(told.message).toBe('/a/tea.md wurde nicht geschrieben: Die Datei hat sich seit der Vorschau geändert')
  })

  it('has one word for each thing', () => {
    const texts = JSON.stringify(de, (_, value) => (typeof value === 'function' ? String(value) : value))
    // The blind test of headlines is the voices’ own, and what is kept is saved as everywhere else.
    expect(texts).not.toMatch(/Blindversuch|gesichert|sichern/)
  })

  it('stands as it is where it has no code, or one that is not known here', async () => {
    await setLanguage('de')
    expect(inOwnWords('as before', null)).toBe('as before')
    expect(inOwnWords('as before', { code: 'of.tomorrow', values: [] } as unknown as Said)).toBe('as before')
  })

  it('of a model in the list has a German word', () => {
    const folder = path.join(projectFolder(), 'models')
    const ids = readdirSync(folder).map(
      (name) => (JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as { id: string }).id,
    )
    expect(ids.length).toBeGreaterThan(5)
    expect(ids.filter((id) => de.host.note(id) === '')).toEqual([])
  })

  it('has no words beside the table where reasons and states are made', () => {
    const folder = path.join(projectFolder(), 'main')
    const places = ['library', 'app/labels', 'app/training', 'app/voices', 'evaluation']
    const found = places.flatMap((place) =>
      readdirSync(path.join(folder, place))
        .filter((name) => name.endsWith('.ts'))
        .filter((name) =>
          /\b(?:reason|whyNot|verdict): ['`"]|stage: '\w+', message: ['"]/.test(
            readFileSync(path.join(folder, place, name), 'utf8'),
          ),
        ),
    )
    expect(found).toEqual([])
  })
})
