/** The runs that the method's bars are about: whose files, which rows, with which settings. Data, and one function. */
import type { TaskName } from '../../main/examples/types.ts'
import { definedOf, type LampRunOptions } from '../../main/lamp/options.ts'
import { settingsPlan } from '../../main/lamp/plans.ts'
import type { LampFile } from '../../main/lamp/types.ts'

export interface Job {
  task: TaskName
  /** In the folder of users. */
  file: string
  /** For the table's title. */
  says: string
  methods: string[]
  /** Under these, answers are written as well. */
  generate?: string[]
  /** Users with fewer queries are left out. */
  leastQueries?: number
  /** The first so many of a user; all when not given. */
  queries?: number
  /** What gains are shown over. */
  against: string[]
  options?: Pick<LampRunOptions, 'trainPrompts' | 'profiles' | 'mostPasses' | 'others'>
}

/** The app's own settings by length of history; voices learn from so many examples at most, over all epochs. */
const MOST_PASSES = 240

export const JOBS: readonly Job[] = [
  {
    task: 'headline',
    file: 'headline.json',
    says: 'users with 9 queries or more, 20 at most',
    methods: [
      'base',
      'retrieval',
      'task',
      'task+retrieval',
      'voice',
      'retrieval+voice',
      'task+voice',
      'task+retrieval+voice',
      'other',
    ],
    generate: ['retrieval', 'task+retrieval+voice'],
    leastQueries: 9,
    queries: 20,
    against: ['base', 'retrieval', 'task+retrieval', 'voice'],
    options: { mostPasses: MOST_PASSES, others: 4 },
  },
  {
    task: 'tag',
    file: 'tag.json',
    says: 'all users, 20 queries at most',
    methods: ['retrieval', 'retrieval+voice', 'majority', 'nearest'],
    queries: 20,
    against: ['retrieval', 'majority', 'nearest'],
    options: { mostPasses: MOST_PASSES },
  },
  {
    task: 'prose',
    file: 'prose.json',
    says: 'six authors, their whole histories, 20 queries each',
    methods: ['base', 'voice', 'other', 'bayes'],
    queries: 20,
    against: ['base'],
    // The likeliest of six: the own voice and all five others.
    options: { trainPrompts: 'plain', profiles: null, others: 5 },
  },
  {
    task: 'rate',
    file: 'rating.json',
    says: 'one reviewer, all queries',
    methods: ['retrieval', 'voice', 'retrieval+voice', 'majority', 'frequencies', 'tfidf'],
    against: ['frequencies', 'tfidf'],
  },
]

/** @param quick two users, two queries each, voices of four short examples: shows that it runs */
export function optionsOf(
  { methods, generate, leastQueries = 0, queries, options }: Job,
  file: LampFile,
  quick: boolean,
): Omit<LampRunOptions, 'base' | 'file' | 'builder' | 'train' | 'out'> {
  const chosen = file.users.filter((user) => user.queries.length >= leastQueries)
  const shortest = chosen.toSorted((a, b) => a.profile.length - b.profile.length).slice(0, 2)
  return definedOf({
    ...options,
    methods,
    generate,
    users: (quick ? shortest : chosen).map(({ id }) => id),
    queries: quick ? 2 : queries,
    plan: settingsPlan('size'),
    ...(quick ? { mostPasses: 4, taskItems: 4, others: 1, maxInput: 40, maxRetrieved: 40, maxRetrievedTotal: 60 } : {}),
  })
}
