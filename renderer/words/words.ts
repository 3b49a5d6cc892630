import { en } from './en.ts'

/** What a second language must give: the same keys, its own words. */
export type Words = Widen<typeof en>
type Widen<T> = T extends string
  ? string
  : T extends (...input: infer I) => string
    ? (...input: I) => string
    : { readonly [K in keyof T]: Widen<T[K]> }

/** A language is added by a file beside `en.ts` and a line here. */
const languages: Record<string, Words> = { en }

/** The user's first language that the app speaks, as a language tag. */
export const language: string =
  (globalThis.navigator?.languages ?? []).map((tag) => tag.split('-')[0] ?? '').find((tag) => tag in languages) ?? 'en'

export const words: Words = languages[language] ?? en
