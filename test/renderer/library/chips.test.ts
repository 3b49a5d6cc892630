import { expect, it } from 'vitest'
import { chipsOf } from '../../../renderer/lib/library/chips.ts'
import { NO_FILTER } from '../../../renderer/lib/library/filter.ts'

it('gives each chip a key of its own, also where a tag bears the name of a folder', () => {
  const chips = chipsOf({
    ...NO_FILTER,
    tags: ['essays', 'html', 'Changed'],
    kinds: ['html'],
    folder: '/writing/essays',
  })
  expect(new Set(chips.map(({ key }) => key)).size).toBe(chips.length)
  expect(chips.map(({ name }) => name).filter((name) => name === 'essays')).toHaveLength(2)
})

it('takes away what its chip stands for, and nothing else', () => {
  const filter = {
    ...NO_FILTER,
    from: '2023-01-01',
    to: '2024-12-31',
    tags: ['essays', 'sea'],
    folder: '/writing/essays',
  }
  const [dates, essays, sea, folder] = chipsOf(filter)
  expect(dates).toMatchObject({ name: '2023–2024', without: { from: null, to: null } })
  expect(essays).toMatchObject({ name: 'essays', without: { tags: ['sea'] } })
  expect(sea?.without).toEqual({ tags: ['essays'] })
  expect(folder).toMatchObject({ name: 'essays', without: { folder: null } })
})
