/**
 * The host's own English for what it says (preload/contract/said.ts): of the terminal, of logs, and of an English
 * window. A window in another language says the code in its own words. Whatever a person may read of a run, an import
 * or a refusal is said here and nowhere else. Knows no services.
 */
import type { ProofDifference, Said, SaidCode, SaidOf, SaidValues } from '../preload/contract.ts'
import { IdiolectError, messageOf } from './errors.ts'

export function say<C extends SaidCode>(code: C, ...values: SaidValues[C]): Said {
  return { code, values } as Said
}

/** A reason, in words and as said. */
export interface Reason {
  reason: string
  said: Said
}

export function because<C extends SaidCode>(code: C, ...values: SaidValues[C]): Reason {
  return reasonOf(say(code, ...values))
}

export function reasonOf(said: Said): Reason {
  return { reason: english(said), said }
}

/** Whatever was thrown, as said. */
export function saidOf(error: unknown): Said {
  if (!(error instanceof IdiolectError)) return say('plain', messageOf(error))
  return error.said ?? say('error', error.name, error.message)
}

export function english({ code, values }: Said): string {
  return (ENGLISH[code] as (...values: unknown[]) => string)(...values)
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

const IT: Record<SaidOf, string> = { file: 'it', folder: 'this folder', link: 'this link' }
const UNSAFE = 'written in a way that cannot be changed safely'
const LABELS: Record<string, string> = { headline: 'headlines', tag: 'tags', rate: 'ratings' }
const LACKS: Record<string, string> = {
  headline: 'no piece to learn from has a title that can be used',
  tag: 'no piece to learn from has a tag',
  rate: 'no piece to learn from has a rating',
  prose: 'no piece to learn from is long enough',
}

export const ENGLISH: { readonly [C in SaidCode]: (...values: SaidValues[C]) => string } = {
  'skip.kind': (extension, readable) =>
    `files of this kind (${extension ?? 'no extension'}) are not read, only ${readable}`,
  'skip.wordProcessor': () => 'it is what a word processor leaves beside a document that is open',
  'skip.underscore': () =>
    'its name begins with an underscore, as notes to tools do; name the file itself to import it',
  'skip.readme': () => 'it describes a folder and is no piece of writing; name the file itself to import it',
  'skip.missing': (what) => `${IT[what]} does not exist`,
  'skip.denied': (what) => `${IT[what]} may not be read (permission denied)`,
  'skip.circle': (what) => `${IT[what]} leads in a circle`,
  'skip.unreadable': (what, detail) => `${IT[what]} cannot be read (${detail})`,
  'skip.large': (bytes, most) =>
    `it has ${megabytes(bytes)}, and files over ${megabytes(most)} are not read; split it into pieces`,
  'skip.empty': () => 'it is empty (0 bytes)',
  'skip.noProse': () => 'it holds no prose (only code, pictures, quotations, or nothing)',
  'skip.zeroBytes': () => 'it holds zero bytes, so it is no text',
  'skip.notUtf8': (byte, line, value) =>
    `it is not valid UTF-8: byte ${byte} (line ${line}) is 0x${value}; save it as UTF-8 and import again`,
  'skip.unknownEncoding': (encoding) => `its encoding ${encoding} is not known here`,
  'skip.notEncoding': (encoding) => `it is not valid ${encoding}`,
  'skip.password': () => 'it is protected with a password, or an old .doc file; save it as .docx without a password',
  'skip.noWord': () => 'it is an archive, but no Word document',
  'skip.brokenWord': (detail) => `it is no whole Word document: ${detail}`,
  'skip.damagedWord': () => 'it is no whole Word document: its text is damaged',
  'skip.openMatter': (line, mark) => `its front matter begins on line ${line} and is never closed with ${mark}`,
  'skip.badMatter': (line, detail) => `its front matter cannot be read at line ${line}: ${detail}`,
  'skip.twin': (path) => `it says the same as ${path}, which is in the library`,
  'skip.ownFolder': () => 'Idiolect keeps its own data there, which is not read',
  'skip.builtSite': () => 'a site builder made it of the files beside it, and those are read',
  'skip.removed': () => 'you removed it from the library; add the file itself, not its folder, to bring it back',

  'write.undecided': () => 'nothing was decided for it here',
  'write.html': () => 'it is HTML, and only front matter of Markdown and text files is written',
  'write.docx': () => 'it is a Word document, and only front matter of Markdown and text files is written',
  'write.gone': () => 'the file is no longer there',
  'write.unreadable': (detail) => `the file cannot be read: ${detail}`,
  'write.readOnly': () => 'the file is read-only',
  'write.notUtf8': () => 'it is not UTF-8',
  'write.badMatter': () => 'its front matter cannot be read',
  'write.saysElse': (now) => `the file itself says something else since: ${now ?? 'nothing'}. Import it again`,
  'write.loneReturn': () => 'its lines end with a lone carriage return',
  'write.plainText': () => 'it is plain text without front matter, and would no longer read as it does',
  'write.jsonBrace': () => 'it begins with a brace as JSON front matter does, which is not written',
  'write.braces': () => 'its front matter is in braces, which is not written',
  'write.unsafeKey': (key, many) => `its ${key} ${many ? 'are' : 'is'} ${UNSAFE}`,
  'write.unsafeMatter': (why) =>
    why ? `its front matter cannot be changed safely: ${english(why)}` : `its front matter is ${UNSAFE}`,
  'write.bodyMoves': () => 'the text below its front matter would not stay as it is',
  'write.anchor': () => 'its front matter shares what would be changed with other lines (an anchor)',
  'write.not': (path, why) => `${path} was not written: ${english(why)}`,
  'write.noFolder': (path, folder) => `${path} cannot be written: the folder ${folder} does not exist`,
  'write.there': (path) => `${path} is there already, and was not written by this draft`,
  'write.since': (path) => `${path} was not written: it has changed since the preview`,
  'write.changed': (path) => `${path} was changed on disk since this draft last wrote or read it`,

  'training.preparing': () => 'Preparing',
  'training.loading': () => 'Loading the base model',
  'training.learning': () => 'Learning from your pieces',
  'training.aside': () => 'Waiting while the model is used for something else',
  'training.paused': () => 'Paused',
  'training.writing': () => 'Writing the voice of what was learned so far',
  'training.control': () => 'Training a control voice to compare yours with',
  'training.beforeProof': () => 'Preparing the proof on pieces it has not seen',
  'training.proving': () => 'Reading pieces it has not seen, with and without your voice',
  'training.cancelled': () => 'The run was cancelled.',
  'training.interrupted': () => 'The run was interrupted and can be resumed.',
  'training.elsewhere': (verdict) =>
    `${english(verdict)} It rests, since another base model is in use now, and is on when you go back to its own.`,
  'training.taskDone': (tasks, whose) =>
    `The task adapter for ${tasks.join(', ')} is ready. It was trained on pieces by ${whose}.`,

  'note.list': (notes) =>
    notes
      .map(english)
      .join('; ')
      .replace(/^./, (first) => first.toUpperCase()),
  'note.tooFew': (pieces, least, good) =>
    `${pieces} ${pieces === 1 ? 'piece is' : 'pieces are'} too few to train on: at least ${least} are needed, and ${good} are better`,
  'note.mayLose': (pieces, good, kept) =>
    `With ${counted(pieces, 'piece')}, the newest ${kept} of them kept for the proof, a voice may not win it; ${good} and more are better`,
  'note.cannotWin': (pieces, least) =>
    `a voice cannot win: only ${counted(pieces, 'piece')} can be proved on, and at least ${least} are needed; it is kept, and not switched on by itself`,
  'note.leftOut': (task, why) => `${task} is left out: ${english(why)}`,
  'note.lacks': (task) => LACKS[task] ?? 'no piece to learn from has what it takes',
  'note.fewLabels': (task, pieces, least) => {
    const have = pieces === 1 ? '1 piece to learn from has' : `${pieces} pieces to learn from have`
    return `${have} ${LABELS[task] ?? task}, and unasked they are learned from ${least} on`
  },
  'note.allSame': () => 'all pieces to learn from have the same',
  'note.ownScale': (scores) => `the scale is your own: ${scores.join(', ')}`,
  'note.offScale': (scores) => `ratings off the scale are left out: ${scores.join(', ')}`,
  'note.fewExamples': (pieces, train, proof) =>
    `${counted(pieces, 'piece')} gave ${counted(train, 'example')} to learn from and ${proof} to prove on`,
  'note.fewUnseen': (newest, unseen, least) =>
    `of the ${counted(newest, 'newest piece')}, ${unseen} ${unseen === 1 ? 'is' : 'are'} unknown to the voice it goes on from, ` +
    `and a proof takes at least ${least}`,
  'note.learntBefore': (pieces) =>
    `${counted(pieces, 'piece')} that the voice it goes on from has learned ${pieces === 1 ? 'is' : 'are'} learned again, and not kept for the proof`,
  'note.twins': (pieces) =>
    `${counted(pieces, 'piece')} ${pieces === 1 ? 'is' : 'are'} left out, since the same text is kept for the proof`,
  'note.assistants': (paragraphs) =>
    `${counted(paragraphs, 'paragraph')} that the assistant wrote in your drafts ${paragraphs === 1 ? 'is' : 'are'} left out`,
  'note.accepted': (answers) =>
    answers === 1
      ? '1 tag or score that you accepted as suggested is left out of the proof'
      : `${answers} tags or scores that you accepted as suggested are left out of the proof`,
  'note.unknownStart': (voice) =>
    `what the voice “${voice}” has learned is not known here, so that the proof can't be trusted and the voice is not switched on by itself`,
  'note.nothing': () => 'no piece has anything to learn from',
  'note.noBase': () => 'no base model is installed',
  'note.baseGone': (base, why) => `the base model ${base} cannot be used: ${why}`,
  'note.notTrainable': (base, why) => `no voice can be trained on ${base}: ${english(why)}`,

  'proof.won': (pieces, base, voice, gain, atHand, other, lead, overTask, silent = []) =>
    `The voice won on your ${newest(pieces)}, which it had not seen: from ${number(base)} to ${number(voice)} nats ` +
    `per token, a gain of ${written(gain)}; with your earlier writing at hand, ${written(atHand)}. ` +
    `It leads ${english(other)} by ${written(lead)}.` +
    (overTask ? ` Over the base model with its task adapter, its gain is ${written(overTask)}.` : '') +
    (silent.length > 0
      ? ` It is silent in ${listed(silent.map((task) => LABELS[task] ?? task))}, where it did not do clearly better than what answers without it.`
      : ''),
  'proof.lost': (reasons) => `The voice is kept but not switched on: ${reasons.map(english).join('. Also, ')}.`,
  'proof.fewPieces': (pieces, least) =>
    `it could be tried on ${counted(pieces, 'piece')} only, and at least ${least} are needed`,
  'proof.noLikelier': (pieces, gain) =>
    `it finds your ${newest(pieces)} no likelier than the base model does: ${written(gain)} nats per token`,
  'proof.small': (pieces, gain, margin) =>
    `its gain over the base model on your ${newest(pieces)} is ${written(gain)} nats per token; ${counts(margin)}`,
  'proof.smallAtHand': (gain, margin) =>
    `with your earlier writing at hand, its gain over the base model is ${written(gain)}; ${counts(margin)}`,
  'proof.noLead': (other, lead) => `its lead over ${english(other)} is ${written(lead)}, which is not clear of zero`,
  'proof.noLeadOverTask': (gain) =>
    `with your earlier writing at hand, its gain over the base model with its task adapter is ${written(gain)}, which is not clear of zero`,
  'proof.unknownStart': (voice) =>
    `it goes on from the voice “${voice}”, and what that has learned is not known here: it may have seen these very pieces`,
  'proof.noTask': () => 'there is no task in which it is clearly better than what answers without it',
  'control.shuffled': (examples) =>
    `a control voice, trained half as long on ${examples} of the same examples with their answers shuffled`,
  'control.imported': (voice) => `the imported voice “${voice}”`,

  'voice.noFile': (file) => `its file ${file} is missing`,
  'voice.noBase': () => 'no base model is installed',
  'voice.mixUnseen': () => 'a mix has no pieces of its own: what is new to one of its voices, another may have learned',
  'voice.foreignUnseen': () => 'it was not trained here, so nobody knows which pieces it has not seen',
  'voice.runGone': () => 'its run is not kept any more',
  'mix.gone': (voice) => `its voice ${voice} is not there any more`,
  'mix.part': (name, why) => `its voice “${name}”: ${english(why)}`,
  'mix.kind': (name, kind) => `its voice “${name}” is of the kind ${kind}, and only LoRA voices mix`,
  'base.embedder': () => 'an embedder writes no text',
  'base.architecture': (architecture) => `its architecture ${architecture} cannot be trained yet`,

  'model.added': () => 'Added from a file of yours.',
  'model.unusable': (why) => `Not usable: ${english(why)}.`,
  'model.gone': (path) => `${path} is not there any more`,
  'model.changed': (path) => `${path} has changed; add it again`,
  'source.hub': (repo) => `Hugging Face hub (${repo})`,
  'source.wheel': (name, version, more) => `Python package ${name} ${version}${more > 0 ? ` and ${more} more` : ''}`,
  'source.own': () => 'a file of yours',

  error: (_name, message) => message,
  plain: (text) => text,
}

const listed = (what: string[]): string => new Intl.ListFormat('en').format(what)
const newest = (pieces: number): string => `${pieces} newest pieces`
const counts = (margin: number): string => `a gain counts when its interval is above ${margin}`

/** Mean and interval: `0.81 (95% interval 0.62 to 1.01)`. */
function written({ mean, low, high }: ProofDifference): string {
  return `${number(mean)} (95% interval ${number(low)} to ${number(high)})`
}

/** Two decimals, three where two would read as zero or hide a margin; a true minus sign. */
function number(value: number): string {
  return value.toFixed(Math.abs(value) < 0.1 ? 3 : 2).replace('-', '−')
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
