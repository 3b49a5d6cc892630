/**
 * Where words and sentences end, the same on every machine. By its user's language a machine would break the same text
 * elsewhere (in Greek a sentence ends at `;`), and a library would be cut, searched and learnt from otherwise than on the
 * next. Scripts without spaces are broken by ICU's dictionaries, whatever the language.
 */

const LOCALE = 'en'

export const wordBreaks = new Intl.Segmenter(LOCALE, { granularity: 'word' })
export const sentenceBreaks = new Intl.Segmenter(LOCALE, { granularity: 'sentence' })
