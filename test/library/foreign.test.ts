/** Which paragraphs are known for the assistant's, in scripts with and without spaces. */
import { describe, expect, it } from 'vitest'
import { withoutAssistant } from '../../main/library/foreign.ts'

const BEGUN = '2026-03-01T09:00:00.000Z'
const LATER = Date.parse('2026-03-02')

/** What is left of a piece when the assistant wrote this in a draft. */
function ownOf(assistants: string, piece: string, mtime = LATER): string[] {
  const text = `私の書き出し。${assistants}`
  const spans = [
    { from: 0, to: 7, author: 'owner' as const, voice: null },
    { from: 7, to: text.length, author: 'assistant' as const, voice: null },
  ]
  const drafts = { shared: () => [{ created: BEGUN, text, spans }] }
  const own = withoutAssistant({ drafts, foreignRuns: { all: () => new Map() } } as never)
  return own?.(piece, mtime).text.split('\n\n').filter(Boolean) ?? []
}

const JAPANESE =
  'この設定を変えると、保存した文書をすぐに開くことができるようになります。また、必要に応じて元に戻すことができるため、安心して試していただけます。' +
  '詳しくは次の章で説明しますが、まずは基本的な使い方を見ていきましょう。'
const OWN = [
  '祖母の庭には古い柿の木があって、秋になると屋根からでも実を取ることができた。',
  '列車が遅れたので、駅前の喫茶店で手紙を書き終えることができるようになりますようにと祈った。',
  '必要に応じて傘を持つのが父の癖で、晴れた日にも玄関で空を見上げていた。',
  '詳しくは覚えていないが、あの夏の川の冷たさだけは今でもはっきりしている。',
  'まずは湯を沸かす。それから窓を開けて、基本的なことを一つずつ片付けていきましょう。',
]

describe("the assistant's paragraphs", () => {
  it.each([
    ['Japanese', JAPANESE, OWN],
    [
      'Chinese',
      '随着技术的不断发展，越来越多的人可以在自己的电脑上使用这样的工具，从而更好地保护个人隐私。',
      ['随着年纪的增长，父亲越来越多的时间是在院子里度过的。', '越来越多的人离开了村子，只有那条河还在。'],
    ],
    [
      'Thai',
      'เมื่อคุณเปิดใช้งานการตั้งค่านี้แล้ว คุณจะสามารถบันทึกเอกสารและเปิดอ่านได้ทุกเมื่อที่ต้องการ',
      ['ยายสามารถบอกได้ว่าฝนจะตกเมื่อไร', 'เมื่อเราไปถึงแม่น้ำ น้ำก็สูงแล้ว'],
    ],
    [
      'English',
      'With this setting on, you will be able to open the documents that you saved at any time you like.',
      ['You will be able to see the sea from there.', 'She saved the letters at any time of the year.'],
    ],
  ])('in %s go where they stand again, and no other goes with them', (_, assistants, own) => {
    const piece = [own[0], assistants, ...own.slice(1)].join('\n\n')
    expect(ownOf(assistants, piece)).toEqual(own)
    // A part of one, within the owner's words.
    const part = assistants.slice(0, Math.ceil(assistants.length * 0.8))
    expect(ownOf(assistants, `${own[0]}\n\n${own[1]} ${part}`)).toEqual([own[0]])
    // The file is older than the draft: there the assistant took the owner's words.
    expect(ownOf(assistants, piece, Date.parse(BEGUN) - 1)).toEqual([own[0], assistants, ...own.slice(1)])
  })
})
