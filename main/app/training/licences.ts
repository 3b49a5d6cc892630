/** What a licence says about being learnt from, as far as its name tells. Knows names of licences, and no law. */

/** Names of what forbids adaptations, which a task adapter may be held to be, and what the reader is told of each. */
const FORBIDS: [RegExp, string][] = [
  [/(?:^|[^a-z])nd(?:[^a-z]|$)|no[- ]?deriv/i, 'it allows no adaptations'],
  [/all rights reserved|alle rechte vorbehalten/i, 'it reserves all rights'],
  [/proprietary|confidential|unlicensed/i, 'it allows nothing to others'],
]

/**
 * Why texts under this licence may not be learnt from, or null: names that are not known are the owner's to answer for.
 * @param licence as somebody wrote it: `CC BY-ND 4.0`, `https://creativecommons.org/licenses/by-nc-nd/4.0/`, `MIT`
 */
export function whyForbidden(licence: string): string | null {
  return FORBIDS.find(([name]) => name.test(licence))?.[1] ?? null
}
