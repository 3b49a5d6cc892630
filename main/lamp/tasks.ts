/**
 * The seven tasks of LaMP (arXiv 2304.11406) as data: what a question says, what an item of history holds, which words
 * OPPU (arXiv 2402.04401) puts around both, and how answers are measured. LaMP-6 is withheld by its makers (e-mails).
 * Knows no files and no models.
 *
 * Sources: the instructions and labels before input and answer are `prompt/prompt.json` of TamSiuhin/OPPU ("prompt"),
 * the profiles' instructions its `prompt/prompt_profile.json`; the questions' wording and the label sets are those of
 * LaMP-Benchmark/LaMP (`LaMP/data/datasets.py`, `eval/evaluation.py`).
 */
import { TASKS, type TaskWords } from '../examples/tasks.ts'
import type { TaskName } from '../examples/types.ts'

export type LampMetric = 'accuracy' | 'macro F1' | 'MAE' | 'RMSE' | 'ROUGE-1' | 'ROUGE-L'

export interface LampTask {
  id: 'LaMP-1' | 'LaMP-2N' | 'LaMP-2M' | 'LaMP-3' | 'LaMP-4' | 'LaMP-5' | 'LaMP-7'
  name: string
  /** What files call it: `task` of an outputs file, and the folder in OPPU's release. LaMP_2 is 2N at first, 2M later. */
  names: readonly string[]
  /** Whose machinery answers it: headline for short free text, tag for one of a set of labels, rate for 1 to 5. */
  task: TaskName
  /** LaMP's question. Its one group is the text asked about; of LaMP-1: the title and the two references. */
  question: RegExp
  /**
   * Fields of an item of history. `text` null: bare answers, so a voice learns to write the answer from nothing.
   * LaMP-1's `citation` is in OPPU's release alone; without it the author's own titles stand as bare answers.
   */
  history: { text: string | null; answer: string; title?: string; bareAnswer?: string }
  /** The answers that are possible; null for free text. */
  labels: readonly string[] | null
  words: TaskWords
  /**
   * What the base is asked for the user's profile: the sample of history goes where `{}` stands. What the answer begins
   * with is given to a base; where the question says its form, by the form, else in words of our own.
   */
  profile: { ask: string; begins: string; form?: true }
  metrics: readonly LampMetric[]
}

/** How OPPU's code decodes answers; unseeded there. */
export const OPPU_DECODING = { temperature: 0.1, topK: 10, topP: 0.9, maxTokens: 200 } as const

/** In the order of OPPU's prompt. */
const CATEGORIES = [
  'travel',
  'education',
  'parents',
  'style & beauty',
  'entertainment',
  'food & drink',
  'science & technology',
  'business',
  'sports',
  'healthy living',
  'women',
  'politics',
  'crime',
  'culture & arts',
  'religion',
] as const

const MOVIE_TAGS = [
  'sci-fi',
  'based on a book',
  'comedy',
  'action',
  'twist ending',
  'dystopia',
  'dark comedy',
  'classic',
  'psychology',
  'fantasy',
  'romance',
  'thought-provoking',
  'social commentary',
  'violence',
  'true story',
] as const

export const LAMP_TASKS: readonly LampTask[] = [
  {
    id: 'LaMP-1',
    name: 'citation',
    names: ['LaMP_1', 'citation'],
    task: 'tag',
    question:
      /^\s*for an author who has written the paper with the title "(.*)",\s+which reference is related\?.*?\[1\]:\s*"(.*)"\s*\[2\]:\s*"(.*)"\s*$/is,
    history: { text: 'title', answer: 'citation', bareAnswer: 'title' },
    labels: ['[1]', '[2]'],
    words: {
      instruction:
        "Identify the most relevant reference for the listed publication by the researcher. Select the reference paper that is most closely related to the researcher's work.",
      input: 'paper title:',
      answer: 'reference:',
      keep: 'first',
      answerRoom: 64,
    },
    profile: {
      ask: 'Write a summary, in English, of the research interests and topics of a researcher who has published the following papers. Only generate the summary, no other text. User History: {} Answer:',
      begins: 'The research topics are',
    },
    metrics: ['accuracy', 'macro F1'],
  },
  {
    id: 'LaMP-2N',
    name: 'news category',
    names: ['LaMP_2N', 'LaMP_2', 'news_categorize'],
    task: 'tag',
    question:
      /^\s*which category does this article relate to among the following categories\?.*?\bcategories:\s*\[.*?\]\s*article:\s*(.*)$/is,
    history: { text: 'text', answer: 'category', title: 'title' },
    labels: CATEGORIES,
    words: {
      instruction: `Which category does this article relate to among the following categories? Just answer with the category name without further explanation. categories: [${CATEGORIES.join(', ')}]`,
      input: 'article:',
      answer: 'category:',
      keep: 'first',
      answerRoom: 16,
    },
    profile: {
      ask: 'Look at the following past articles this journalist has written and determine the most popular category they write in. Answer in the following form: most popular category: <category>. User History: {} Answer:',
      begins: 'most popular category:',
      form: true,
    },
    metrics: ['accuracy', 'macro F1'],
  },
  {
    id: 'LaMP-2M',
    name: 'movie tag',
    names: ['LaMP_2M', 'LaMP_2', 'movie_tagging'],
    task: 'tag',
    question:
      /^\s*which tag does this movie relate to among the following tags\?.*?\btags:\s*\[.*?\]\s*description:\s*(.*)$/is,
    history: { text: 'description', answer: 'tag' },
    labels: MOVIE_TAGS,
    words: {
      instruction: `Which tag does this movie relate to among the following tags? Just answer with the tag name without further explanation. tags: [${MOVIE_TAGS.join(', ')}]`,
      input: 'description:',
      answer: 'tag:',
      keep: 'first',
      answerRoom: 16,
    },
    profile: {
      ask: 'Look at the following past movies this user has watched and determine the most popular tag they labeled. Answer in the following form: most popular tag: <tag>. User History: {} Answer:',
      begins: 'most popular tag:',
      form: true,
    },
    metrics: ['accuracy', 'macro F1'],
  },
  {
    id: 'LaMP-3',
    name: 'product rating',
    names: ['LaMP_3', 'product_rating'],
    task: 'rate',
    question:
      /^\s*what is the score of the following review on a scale of 1 to 5\?.*?without further explanation\.\s*review:\s*(.*)$/is,
    history: { text: 'text', answer: 'score' },
    labels: ['1', '2', '3', '4', '5'],
    words: {
      instruction:
        'What is the score of the following review on a scale of 1 to 5? just answer with 1, 2, 3, 4, or 5 without further explanation.',
      input: 'review:',
      answer: 'score:',
      keep: 'first',
      answerRoom: 4,
    },
    profile: {
      ask: 'Based on this user’s past reviews, what are the most common scores they give for positive and negative reviews? Answer in the following form: most common positive score: <most common positive score>, most common negative score: <most common negative score>. User History: {} Answer:',
      begins: 'most common positive score:',
      form: true,
    },
    metrics: ['MAE', 'RMSE'],
  },
  {
    id: 'LaMP-4',
    name: 'news headline',
    names: ['LaMP_4', 'news_headline'],
    task: 'headline',
    question: /^\s*generate a headline for the following article:\s*(.*)$/is,
    history: { text: 'text', answer: 'title', title: 'title' },
    labels: null,
    words: {
      instruction: 'Generate a headline for the following article.',
      input: 'article:',
      answer: 'headline:',
      keep: 'first',
      answerRoom: 64,
    },
    profile: {
      ask: 'Given this author’s previous articles, try to describe a template for their headlines. I want to be able to accurately predict the headline gives one of their articles. Be specific about their style and wording, don’t tell me anything generic. User History: {} Answer:',
      begins: 'Their headlines',
    },
    metrics: ['ROUGE-1', 'ROUGE-L'],
  },
  {
    id: 'LaMP-5',
    name: 'scholarly title',
    names: ['LaMP_5', 'scholarly_title'],
    task: 'headline',
    question: /^\s*generate a title for the following abstract of a paper:\s*(.*)$/is,
    history: { text: 'abstract', answer: 'title', title: 'title' },
    labels: null,
    words: {
      instruction: 'Generate a title for the following abstract of a paper.',
      input: 'abstract:',
      answer: 'title:',
      keep: 'first',
      answerRoom: 64,
    },
    profile: {
      ask: 'Given this author’s previous publications, try to describe a template for their titles. I want to be able to accurately predict the title of one of the papers from the abstract. Only generate the template description, nothing else. User History: {} Answer:',
      begins: 'Their titles',
    },
    metrics: ['ROUGE-1', 'ROUGE-L'],
  },
  {
    id: 'LaMP-7',
    name: 'tweet paraphrase',
    names: ['LaMP_7', 'tweet_paraphrase'],
    task: 'headline',
    question:
      /^\s*paraphrase the following (?:tweet|text into tweet) without any explanation before or after it:\s*(.*)$/is,
    history: { text: null, answer: 'text' },
    labels: null,
    words: {
      instruction: 'Paraphrase the following text into tweet without any explanation before or after it.',
      input: 'text:',
      answer: 'tweet:',
      keep: 'first',
      answerRoom: 96,
    },
    profile: {
      ask: 'Given this person’s previous tweets, try to describe a template for their tweets. I want to take a generic sentence and rephrase it to sound like one of their tweets, with the same style/punctuation/capitalization/wording/tone/etc. as them. Only give me the template description, nothing else. User History: {} Answer:',
      begins: 'Their tweets',
    },
    metrics: ['ROUGE-1', 'ROUGE-L'],
  },
]

/** The task whose wording this question has, or null. */
export function lampTaskOf(question: string): LampTask | null {
  return LAMP_TASKS.find((task) => task.question.test(question)) ?? null
}

/** The tasks that a file's `task` may mean: two for LaMP_2, none for a name not known. `LaMP-4` is `LaMP_4`. */
export function lampTasksNamed(name: string): LampTask[] {
  const wanted = plain(name)
  return LAMP_TASKS.filter(({ names }) => names.some((known) => plain(known) === wanted))
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '')
}

export interface AskedText {
  /** What a prompt shows after its input label. */
  input: string
  /** The piece itself, to be looked for in a history: of LaMP-1 the title without the references. */
  piece: string
}

/** The text that a question asks about, without the question's own words; null where the wording is another. */
export function askedText(task: LampTask, question: string): AskedText | null {
  const found = task.question.exec(question)
  if (found === null) return null
  const [, piece = '', first, second] = found
  if (first === undefined) return { input: piece.trim(), piece: piece.trim() }
  return { input: `${piece} [1]: "${first}" [2]: "${second}"`, piece }
}

/** The words for a prompt builder: the benchmark's own where the file is LaMP's, else the assistant's. */
export function lampWords(task: LampTask | null | undefined): Record<TaskName, TaskWords> {
  return task ? { ...TASKS, [task.task]: task.words } : TASKS
}
