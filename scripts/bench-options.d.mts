export declare const PARTS: readonly [
  'step',
  'gemm',
  'generation',
  'chat',
  'labels',
  'headline',
  'quality',
  'table',
  'large',
  'oppu',
  'window',
]
export declare const USAGE: string
type Text = 'threads' | 'python' | 'peft-type' | 'base' | 'as' | 'data' | 'people' | 'rates' | 'out'
export declare function readBench(argv: string[]): {
  values: { [name in Text]?: string } & { fresh: boolean; quick: boolean; help: boolean }
  parts: (typeof PARTS)[number][]
}
