import { expect, it } from 'vitest'
import { whyForbidden } from '../../../main/app/training/licences.ts'

it.each([
  'CC BY-ND 4.0',
  'CC-BY-NC-ND-4.0',
  'https://creativecommons.org/licenses/by-nc-nd/4.0/',
  'Attribution-NoDerivatives 4.0',
  'Creative Commons, no derivatives',
  '© 2019 A. Writer. All rights reserved.',
  'Proprietary',
  'UNLICENSED',
])('%s forbids to learn from it', (licence) => expect(whyForbidden(licence)).not.toBeNull())

it.each([
  'CC0 1.0',
  'public domain',
  'CC BY-SA 4.0',
  'CC BY-NC 4.0',
  'The Unlicense',
  'MIT',
  'Apache-2.0',
  'by permission of the author, Andy and Linda Brand',
])('%s does not', (licence) => expect(whyForbidden(licence)).toBeNull())
