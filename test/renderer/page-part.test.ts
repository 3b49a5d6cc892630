import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { asPart } from '../../renderer/lib/page-part.ts'

function part(html: string): string {
  const { document } = parseHTML(`<!doctype html><html><body>${html}</body></html>`)
  return asPart(document.body as unknown as HTMLElement)
}

describe('asPart', () => {
  it('puts headings below the second level, and passes none over', () => {
    expect(part('<h1>A</h1><h4>B</h4><p>c</p><h1>D</h1>')).toBe('<h3>A</h3><h4>B</h4><p>c</p><h3>D</h3>')
    expect(part('<h4>A</h4><h1>B</h1>')).toBe('<h3>A</h3><h3>B</h3>')
    expect(part('<h1>1</h1><h2>2</h2><h3>3</h3><h4>4</h4><h5>5</h5>')).toBe(
      '<h3>1</h3><h4>2</h4><h5>3</h5><h6>4</h6><h6>5</h6>',
    )
  })

  it('drops headings without words, and makes cells of such heads of a table', () => {
    expect(part('<h1> </h1><p>a</p><h2><em></em></h2>')).toBe('<p>a</p>')
    expect(part('<table><tr><th align="right"></th><th>b</th></tr></table>')).toBe(
      '<table><tr><td align="right"></td><th>b</th></tr></table>',
    )
  })

  it('keeps what stands in a heading', () => {
    expect(part('<h2>a <em>b</em> <code>c</code></h2>')).toBe('<h3>a <em>b</em> <code>c</code></h3>')
  })
})
