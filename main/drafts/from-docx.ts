/** A Word document to Markdown, by way of HTML. Pictures are left out; deleted text too. */
import mammoth from 'mammoth'
import { openDocx } from '../library/docx.ts'
import { fromHtml } from './from-html.ts'

/** Bytes of all parts, unpacked: more is no document of words. */
const MOST_UNPACKED = 200_000_000

const STYLES = [
  "p[style-name='Title'] => h1:fresh",
  "p[style-name='Subtitle'] => p > em:fresh",
  "p[style-name='Quote'] => blockquote > p:fresh",
  "p[style-name='Intense Quote'] => blockquote > p:fresh",
  "p[style-name='Block Text'] => blockquote > p:fresh",
  "p[style-name='Quotations'] => blockquote > p:fresh",
  "p[style-name='Source Code'] => pre:separator('\\n')",
  "p[style-name='HTML Preformatted'] => pre:separator('\\n')",
  "p[style-name='Preformatted Text'] => pre:separator('\\n')",
  "r[style-name='Verbatim Char'] => code",
  "r[style-name='HTML Code'] => code",
  'strike => del',
]

/** Or why it cannot be read. */
export async function fromDocx(bytes: Uint8Array): Promise<{ text: string } | { reason: string }> {
  const zip = openDocx(bytes)
  if ('reason' in zip) return zip
  try {
    // Mammoth unpacks without a bound: each part is unpacked here first, with one.
    let size = 0
    for (const name of zip.names) {
      size += zip.read(name)?.length ?? 0
      if (size > MOST_UNPACKED) return { reason: `it unpacks to more than ${MOST_UNPACKED / 1e6} MB` }
    }
    const { value } = await mammoth.convertToHtml(
      { buffer: Buffer.from(bytes) },
      {
        styleMap: STYLES,
        ignoreEmptyParagraphs: false,
        convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
      },
    )
    // Turndown knows code blocks by the code in them.
    return { text: fromHtml(value.replace(/<pre>([\s\S]*?)<\/pre>/g, '<pre><code>$1</code></pre>')) }
  } catch (error) {
    return { reason: `it is no whole Word document: ${error instanceof Error ? error.message : String(error)}` }
  }
}
