/**
 * What the host says in words of its own: a code with the values in it. The host's English (main/said.ts) goes beside
 * it, for the terminal and for logs; a window says it in its own language (renderer/words/). Said may stand in said.
 */
import type { ProofDifference } from './voices.ts'

/** Whatever stands before the reason: a file, a folder, a link. */
export type SaidOf = 'file' | 'folder' | 'link'

export interface SaidValues {
  /** Why a file is not read. */
  'skip.kind': [extension: string | null, readable: string]
  'skip.wordProcessor': []
  'skip.underscore': []
  'skip.readme': []
  'skip.missing': [what: SaidOf]
  'skip.denied': [what: SaidOf]
  'skip.circle': [what: SaidOf]
  'skip.unreadable': [what: SaidOf, detail: string]
  'skip.large': [bytes: number, most: number]
  'skip.empty': []
  'skip.noProse': []
  'skip.zeroBytes': []
  'skip.notUtf8': [byte: number, line: number, value: string]
  'skip.unknownEncoding': [encoding: string]
  'skip.notEncoding': [encoding: string]
  'skip.password': []
  'skip.noWord': []
  'skip.brokenWord': [detail: string]
  'skip.damagedWord': []
  'skip.openMatter': [line: number, mark: string]
  'skip.badMatter': [line: number, detail: string]
  'skip.twin': [path: string]
  'skip.removed': []
  'skip.ownFolder': []
  'skip.builtSite': []

  /** Why tags or a score are not written into a file. */
  'write.undecided': []
  'write.html': []
  'write.docx': []
  'write.gone': []
  'write.unreadable': [detail: string]
  'write.readOnly': []
  'write.notUtf8': []
  'write.badMatter': []
  'write.saysElse': [now: string | null]
  'write.loneReturn': []
  'write.plainText': []
  'write.jsonBrace': []
  'write.braces': []
  'write.unsafeKey': [key: string, many: boolean]
  'write.unsafeMatter': [why: Said | null]
  'write.bodyMoves': []
  'write.anchor': []
  'write.not': [path: string, why: Said]
  'write.noFolder': [path: string, folder: string]
  'write.there': [path: string]
  'write.changed': [path: string]
  'write.since': [path: string]

  /** How a run is going. */
  'training.preparing': []
  'training.loading': []
  'training.learning': []
  'training.aside': []
  'training.paused': []
  'training.writing': []
  'training.control': []
  'training.beforeProof': []
  'training.proving': []
  'training.cancelled': []
  'training.interrupted': []
  'training.elsewhere': [verdict: Said]
  'training.taskDone': [tasks: string[], whose: string]

  /** What is to be known of what a run would learn, or why it would learn nothing. */
  'note.list': [notes: Said[]]
  'note.tooFew': [pieces: number, least: number, good: number]
  /** @param kept of them, for the proof */
  'note.mayLose': [pieces: number, good: number, kept: number]
  'note.cannotWin': [pieces: number, least: number]
  'note.leftOut': [task: string, why: Said]
  'note.lacks': [task: string]
  'note.fewLabels': [task: string, pieces: number, least: number]
  'note.allSame': []
  'note.ownScale': [scores: number[]]
  'note.offScale': [scores: number[]]
  'note.fewExamples': [pieces: number, train: number, proof: number]
  'note.fewUnseen': [newest: number, unseen: number, least: number]
  'note.learntBefore': [pieces: number]
  'note.twins': [pieces: number]
  'note.assistants': [paragraphs: number]
  'note.accepted': [answers: number]
  'note.unknownStart': [voice: string]
  'note.nothing': []
  'note.noBase': []
  'note.baseGone': [base: string, why: string]
  'note.notTrainable': [base: string, why: Said]

  /** What the proof found. */
  'proof.won': [
    pieces: number,
    base: number,
    voice: number,
    gain: ProofDifference,
    atHand: ProofDifference,
    other: Said,
    lead: ProofDifference,
    overTask: ProofDifference | null,
    silent?: string[],
  ]
  'proof.lost': [reasons: Said[]]
  'proof.fewPieces': [pieces: number, least: number]
  'proof.noLikelier': [pieces: number, gain: ProofDifference]
  'proof.small': [pieces: number, gain: ProofDifference, margin: number]
  'proof.smallAtHand': [gain: ProofDifference, margin: number]
  'proof.noLead': [other: Said, lead: ProofDifference]
  'proof.noLeadOverTask': [gain: ProofDifference]
  'proof.unknownStart': [voice: string]
  'proof.noTask': []
  'control.shuffled': [examples: number]
  'control.imported': [voice: string]

  /** Why a voice, a mix or a base cannot be used as it was wanted. */
  'voice.noFile': [file: string]
  'voice.noBase': []
  'voice.mixUnseen': []
  'voice.foreignUnseen': []
  'voice.runGone': []
  'mix.gone': [voice: string]
  'mix.part': [name: string, why: Said]
  'mix.kind': [name: string, kind: string]
  'base.embedder': []
  'base.architecture': [architecture: string]

  /** Where a model comes from, and what became of a file of one's own. */
  'model.added': []
  'model.unusable': [why: Said]
  'model.gone': [path: string]
  'model.changed': [path: string]
  'source.hub': [repo: string]
  'source.wheel': [name: string, version: string, more: number]
  'source.own': []

  /** An error of the host's, by its name. */
  error: [name: string, message: string]
  /** Words that somebody else chose. */
  plain: [text: string]
}

export type SaidCode = keyof SaidValues
export type Said = { [C in SaidCode]: { code: C; values: SaidValues[C] } }[SaidCode]
