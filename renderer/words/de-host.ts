/** What the host says of its own accord, in German: a part of de.ts, by the codes of preload/contract/said.ts. */
import type { ProofDifference, Said, SaidCode, SaidOf, SaidValues } from '../../preload/contract.ts'

const plain = (n: number): string => n.toLocaleString('de')
const count = (n: number, one: string, many: string): string => `${plain(n)} ${n === 1 ? one : many}`
const lists = new Intl.ListFormat('de')
const texts = (n: number): string => count(n, 'Text', 'Texte')
const newest = (n: number): string => (n === 1 ? 'dem neuesten Text' : `den ${plain(n)} neuesten Texten`)

/** Two decimals, three where two would read as zero; a true minus sign. */
function nats(value: number): string {
  const digits = Math.abs(value) < 0.1 ? 3 : 2
  const written = value.toLocaleString('de', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return written.replace('-', '−')
}
function span({ mean, low, high }: ProofDifference): string {
  return `${nats(mean)} (95-%-Bereich ${nats(low)} bis ${nats(high)})`
}
function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('de', { maximumFractionDigits: 1 })} MB`
}

const IT: Record<SaidOf, string> = { file: 'die Datei', folder: 'dieser Ordner', link: 'diese Verknüpfung' }
const TASKS: Record<string, string> = {
  headline: 'Überschriften',
  tag: 'Schlagwörter',
  rate: 'Wertungen',
  prose: 'Prosa',
}
const LACKS: Record<string, string> = {
  headline: 'kein Text zum Lernen hat einen brauchbaren Titel',
  tag: 'kein Text zum Lernen hat ein Schlagwort',
  rate: 'kein Text zum Lernen hat eine Wertung',
  prose: 'kein Text zum Lernen ist lang genug',
}
const task = (name: string): string => TASKS[name] ?? name
const clears = (margin: number): string => `ein Gewinn zählt, wenn sein Bereich über ${nats(margin)} liegt`
const UNSAFE = 'so geschrieben, dass sich nichts sicher ändern lässt'

/** @param named what an error of this name is called, or nothing @param say the same for what stands within */
function german(
  named: (name: string) => string,
  say: (said: Said) => string,
): { readonly [C in SaidCode]: (...values: SaidValues[C]) => string } {
  return {
    'skip.kind': (extension, readable) =>
      `Dateien dieser Art (${extension ?? 'ohne Endung'}) werden nicht gelesen, nur ${readable}`,
    'skip.wordProcessor': () => 'das legt ein Textprogramm neben ein geöffnetes Dokument',
    'skip.underscore': () =>
      'ihr Name beginnt mit einem Unterstrich wie Notizen an Programme; um sie zu lesen, die Datei selbst angeben',
    'skip.readme': () =>
      'sie beschreibt einen Ordner und ist kein eigener Text; um sie zu lesen, die Datei selbst angeben',
    'skip.missing': (what) => `${IT[what]} gibt es nicht`,
    'skip.denied': (what) => `${IT[what]} darf nicht gelesen werden (keine Berechtigung)`,
    'skip.circle': (what) => `${IT[what]} führt im Kreis`,
    'skip.unreadable': (what, detail) => `${IT[what]} lässt sich nicht lesen (${detail})`,
    'skip.large': (bytes, most) =>
      `sie hat ${megabytes(bytes)}, und Dateien über ${megabytes(most)} werden nicht gelesen; in Texte aufteilen`,
    'skip.empty': () => 'sie ist leer',
    'skip.noProse': () => 'sie enthält keinen Fließtext (nur Code, Bilder, Zitate oder nichts)',
    'skip.zeroBytes': () => 'sie enthält Nullbytes und ist also kein Text',
    'skip.notUtf8': (byte, line, value) =>
      `sie ist kein gültiges UTF-8: Byte ${byte} (Zeile ${line}) ist 0x${value}; als UTF-8 speichern und neu einlesen`,
    'skip.unknownEncoding': (encoding) => `ihre Zeichencodierung ${encoding} ist hier nicht bekannt`,
    'skip.notEncoding': (encoding) => `sie ist kein gültiges ${encoding}`,
    'skip.password': () =>
      'sie ist mit einem Passwort geschützt oder eine alte .doc-Datei; als .docx ohne Passwort speichern',
    'skip.noWord': () => 'sie ist ein Archiv, aber kein Word-Dokument',
    'skip.brokenWord': (detail) => `sie ist kein ganzes Word-Dokument (${detail})`,
    'skip.damagedWord': () => 'sie ist kein ganzes Word-Dokument: Ihr Text ist beschädigt',
    'skip.openMatter': (line, mark) => `ihr Kopf beginnt in Zeile ${line} und endet nirgends mit ${mark}`,
    'skip.badMatter': (line, detail) => `ihr Kopf ist in Zeile ${line} nicht lesbar (${detail})`,
    'skip.twin': (path) => `sie sagt dasselbe wie ${path}, und das steht in der Bibliothek`,
    'skip.ownFolder': () => 'dort bewahrt Idiolect seine eigenen Daten auf, und die werden nicht gelesen',
    'skip.builtSite': () =>
      'darin liegt, was ein Website-Generator aus den Dateien daneben gemacht hat; gelesen werden diese',
    'skip.removed': () =>
      'sie wurde aus der Bibliothek entfernt; zurück kommt sie, wenn sie selbst hinzugefügt wird, nicht ihr Ordner',

    'write.undecided': () => 'dafür wurde hier nichts entschieden',
    'write.html': () => 'es ist HTML, und geschrieben wird nur in den Kopf von Markdown- und Textdateien',
    'write.docx': () => 'es ist ein Word-Dokument, und geschrieben wird nur in den Kopf von Markdown- und Textdateien',
    'write.gone': () => 'die Datei ist nicht mehr da',
    'write.unreadable': (detail) => `die Datei lässt sich nicht lesen (${detail})`,
    'write.readOnly': () => 'die Datei ist schreibgeschützt',
    'write.notUtf8': () => 'sie ist kein UTF-8',
    'write.badMatter': () => 'ihr Kopf ist nicht lesbar',
    'write.saysElse': (now) => `die Datei selbst sagt inzwischen etwas anderes: ${now ?? 'nichts'}. Neu einlesen hilft`,
    'write.loneReturn': () => 'ihre Zeilen enden mit einem einzelnen Wagenrücklauf',
    'write.plainText': () => 'sie ist reiner Text ohne Kopf und läse sich nicht mehr wie zuvor',
    'write.jsonBrace': () => 'sie beginnt mit einer Klammer wie ein JSON-Kopf, und der wird nicht geschrieben',
    'write.braces': () => 'ihr Kopf steht in geschweiften Klammern, und so einer wird nicht geschrieben',
    'write.unsafeKey': (key) => `„${key}“ ist ${UNSAFE}`,
    'write.unsafeMatter': (why) => `ihr Kopf ist ${UNSAFE}${why ? `: ${say(why)}` : ''}`,
    'write.bodyMoves': () => 'der Text unter ihrem Kopf bliebe nicht, wie er ist',
    'write.anchor': () => 'ihr Kopf teilt das zu Ändernde mit anderen Zeilen (ein Anker)',
    'write.not': (path, why) => `${path} wurde nicht geschrieben: ${say(why)}`,
    'write.noFolder': (path, folder) => `${path} lässt sich nicht schreiben: Den Ordner ${folder} gibt es nicht`,
    'write.there': (path) => `${path} gibt es schon, und dieser Entwurf hat die Datei nicht geschrieben`,
    'write.since': (path) => `${path} wurde nicht geschrieben: Die Datei hat sich seit der Vorschau geändert`,
    'write.changed': (path) =>
      `${path} wurde von einem anderen Programm geändert, seit dieser Entwurf die Datei zuletzt schrieb oder las`,

    'training.preparing': () => 'Wird vorbereitet',
    'training.loading': () => 'Das Basismodell wird geladen',
    'training.learning': () => 'Gelernt wird aus den eigenen Texten',
    'training.aside': () => 'Wartet, solange das Modell anderes zu tun hat',
    'training.paused': () => 'Angehalten',
    'training.writing': () => 'Die Stimme aus dem bisher Gelernten wird geschrieben',
    'training.control': () => 'Eine Vergleichsstimme zur Kontrolle wird trainiert',
    'training.beforeProof': () => 'Der Nachweis an ungesehenen Texten wird vorbereitet',
    'training.proving': () => 'Ungesehene Texte werden gelesen, mit und ohne die Stimme',
    'training.cancelled': () => 'Das Training wurde abgebrochen.',
    'training.interrupted': () => 'Das Training wurde unterbrochen und kann weitergehen.',
    'training.elsewhere': (verdict) =>
      `${say(verdict)} Sie ruht, da jetzt ein anderes Basismodell in Gebrauch ist, und ist mit ihrem eigenen wieder eingeschaltet.`,
    'training.taskDone': (tasks, whose) =>
      `Der Aufgabenadapter für ${tasks.map(task).join(', ')} ist fertig. Gelernt hat er aus Texten von ${whose}.`,

    'note.list': (notes) => capital(notes.map(say).join('; ')),
    'note.tooFew': (pieces, least, good) =>
      `${texts(pieces)} ${pieces === 1 ? 'ist' : 'sind'} zu wenig für ein Training: Es braucht mindestens ${plain(least)}, besser ${plain(good)}`,
    'note.mayLose': (pieces, good, kept) =>
      `Mit ${count(pieces, 'Text', 'Texten')}, von denen die neuesten ${plain(kept)} dem Nachweis vorbehalten sind, gelingt er einer Stimme vielleicht nicht; besser sind ${plain(good)} und mehr`,
    'note.cannotWin': (pieces, least) =>
      `Eine Stimme kann nicht gewinnen: Prüfen lässt sie sich nur an ${count(pieces, 'Text', 'Texten')}, und es braucht mindestens ${plain(least)}; sie bleibt, schaltet sich aber nicht von selbst ein`,
    'note.leftOut': (name, why) =>
      `${task(name)} bleiben außen vor: ${say(why)}`.replace('Prosa bleiben', 'Prosa bleibt'),
    'note.lacks': (name) => LACKS[name] ?? 'kein Text zum Lernen hat, was es braucht',
    'note.fewLabels': (name, pieces, least) =>
      `${pieces === 1 ? '1 Text zum Lernen hat' : `${plain(pieces)} Texte zum Lernen haben`} ${task(name)}, und ungefragt werden sie erst ab ${plain(least)} gelernt`,
    'note.allSame': () => 'alle Texte zum Lernen haben dasselbe',
    'note.ownScale': (scores) => `die Skala ist die eigene: ${scores.map(plain).join('; ')}`,
    'note.offScale': (scores) => `Wertungen außerhalb der Skala bleiben außen vor: ${scores.map(plain).join('; ')}`,
    'note.fewExamples': (pieces, train, proof) =>
      `${texts(pieces)} ${pieces === 1 ? 'ergab' : 'ergaben'} ${count(train, 'Beispiel', 'Beispiele')} zum Lernen und ${plain(proof)} für den Nachweis`,
    'note.fewUnseen': (newest, unseen, least) =>
      `Von den ${plain(newest)} neuesten Texten ${unseen === 1 ? 'ist einer' : `sind ${plain(unseen)}`} der Stimme unbekannt, von der das Training ausgeht; ein Nachweis braucht mindestens ${plain(least)}`,
    'note.learntBefore': (pieces) =>
      pieces === 1
        ? '1 Text, aus dem die Stimme am Anfang schon gelernt hat, wird noch einmal gelernt und dient nicht dem Nachweis'
        : `${plain(pieces)} Texte, aus denen die Stimme am Anfang schon gelernt hat, werden noch einmal gelernt und dienen nicht dem Nachweis`,
    'note.twins': (pieces) =>
      `${texts(pieces)} ${pieces === 1 ? 'bleibt' : 'bleiben'} außen vor, da derselbe Wortlaut dem Nachweis dient`,
    'note.assistants': (paragraphs) =>
      paragraphs === 1
        ? '1 Absatz, den der Assistent in Entwürfen geschrieben hat, bleibt außen vor'
        : `${plain(paragraphs)} Absätze, die der Assistent in Entwürfen geschrieben hat, bleiben außen vor`,
    'note.accepted': (answers) =>
      answers === 1
        ? '1 Schlagwort oder Wertung, wie vorgeschlagen übernommen, bleibt dem Nachweis fern'
        : `${plain(answers)} Schlagwörter oder Wertungen, wie vorgeschlagen übernommen, bleiben dem Nachweis fern`,
    'note.unknownStart': (voice) =>
      `Was die Stimme „${voice}“ gelernt hat, ist hier nicht bekannt: Auf den Nachweis ist kein Verlass, und die neue Stimme schaltet sich nicht von selbst ein`,
    'note.nothing': () => 'Kein Text enthält etwas, woraus sich lernen ließe',
    'note.noBase': () => 'Noch ist kein Basismodell auf diesem Rechner',
    'note.baseGone': (base, why) => `Das Basismodell ${base} lässt sich nicht verwenden (${why})`,
    'note.notTrainable': (base, why) => `Auf ${base} lässt sich keine Stimme trainieren: ${say(why)}`,

    'proof.won': (pieces, base, voice, gain, atHand, other, lead, overTask, silent = []) =>
      `Die Stimme hat an ${newest(pieces)} gewonnen, die sie nicht kannte: von ${nats(base)} auf ${nats(voice)} Nats ` +
      `je Token, ein Gewinn von ${span(gain)}; mit den früheren Texten zur Hand ${span(atHand)}. ` +
      `Zur Kontrolle diente ${say(other)}; davor liegt sie um ${span(lead)}.` +
      (overTask ? ` Gegenüber dem Basismodell mit Aufgabenadapter ist ihr Gewinn ${span(overTask)}.` : '') +
      (silent.length > 0
        ? ` Sie schweigt, wo es um ${lists.format(silent.map(task))} geht: Da war sie nicht deutlich besser als das, was ohne sie antwortet.`
        : ''),
    'proof.lost': (reasons) =>
      `Die Stimme bleibt, ist aber nicht eingeschaltet: ${reasons.map(say).join('. Außerdem: ')}.`,
    'proof.fewPieces': (pieces, least) =>
      `sie ließ sich nur an ${count(pieces, 'Text', 'Texten')} erproben, und es braucht mindestens ${plain(least)}`,
    'proof.noLikelier': (pieces, gain) =>
      `sie trifft die eigene Schreibweise in ${newest(pieces)} nicht besser als das Basismodell: ${span(gain)} Nats je Token`,
    'proof.small': (pieces, gain, margin) =>
      `ihr Gewinn gegenüber dem Basismodell in ${newest(pieces)} ist ${span(gain)} Nats je Token; ${clears(margin)}`,
    'proof.smallAtHand': (gain, margin) =>
      `mit den früheren Texten zur Hand ist ihr Gewinn gegenüber dem Basismodell ${span(gain)}; ${clears(margin)}`,
    'proof.noLead': (other, lead) =>
      `ihr Vorsprung ist ${span(lead)}, nicht sicher über null; zur Kontrolle diente ${say(other)}`,
    'proof.noLeadOverTask': (gain) =>
      `mit den früheren Texten zur Hand ist ihr Gewinn gegenüber dem Basismodell mit Aufgabenadapter ${span(gain)}, nicht sicher über null`,
    'proof.unknownStart': (voice) =>
      `Sie geht von der Stimme „${voice}“ aus, und was die gelernt hat, ist hier nicht bekannt: Sie kennt diese Texte vielleicht schon`,
    'proof.noTask': () => 'in keiner Aufgabe ist sie deutlich besser als das, was ohne sie antwortet',
    'control.shuffled': (examples) =>
      `eine Vergleichsstimme, halb so lange trainiert an ${count(examples, 'Beispiel', 'Beispielen')} mit vertauschten Antworten`,
    'control.imported': (voice) => `die importierte Stimme „${voice}“`,

    'voice.noFile': (file) => `ihre Datei ${file} fehlt`,
    'voice.noBase': () => 'noch ist kein Basismodell auf diesem Rechner',
    'voice.mixUnseen': () =>
      'eine Mischung hat keine eigenen Texte: Was der einen Stimme neu ist, hat eine andere vielleicht gelernt',
    'voice.foreignUnseen': () => 'sie wurde nicht hier trainiert, also weiß niemand, welche Texte sie nicht kennt',
    'voice.runGone': () => 'ihr Training ist nicht mehr aufbewahrt',
    'mix.gone': (voice) => `ihre Stimme ${voice} gibt es nicht mehr`,
    'mix.part': (name, why) => `ihre Stimme „${name}“: ${say(why)}`,
    'mix.kind': (name, kind) =>
      `ihre Stimme „${name}“ ist von der Art ${kind}, und mischen lassen sich nur LoRA-Stimmen`,
    'base.embedder': () => 'ein Einbettungsmodell schreibt keinen Text',
    'base.architecture': (architecture) => `seine Bauart ${architecture} lässt sich noch nicht trainieren`,

    'model.added': () => 'Aus einer eigenen Datei hinzugefügt.',
    'model.unusable': (why) => `Nicht zu verwenden: ${say(why)}.`,
    'model.gone': (path) => `${path} ist nicht mehr da`,
    'model.changed': (path) => `${path} hat sich geändert und ist neu hinzuzufügen`,
    // Nach „aus“.
    'source.hub': (repo) => `dem Hugging Face Hub (${repo})`,
    'source.wheel': (name, version, more) =>
      `dem Python-Paket ${name} ${version}${more > 0 ? ` und ${plain(more)} weiteren` : ''}`,
    'source.own': () => 'einer eigenen Datei',

    error: (name, message) => (named(name) ? `${named(name)} (${message})` : message),
    plain: (text) => text,
  }
}

const capital = (text: string): string => text.charAt(0).toLocaleUpperCase('de') + text.slice(1)

/** What was said, in German; nothing for what a newer host says. */
export function germanHost(named: (name: string) => string): (said: Said) => string {
  const words = german(named, say)
  function say({ code, values }: Said): string {
    return (words[code] as ((...values: unknown[]) => string) | undefined)?.(...values) ?? ''
  }
  return say
}
