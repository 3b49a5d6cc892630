/** A draft as a page of HTML that stands by itself. */
import { draftMarked } from './marked.ts'

const STYLE =
  'body{max-width:38rem;margin:3rem auto;padding:0 1rem;font:1.1rem/1.6 Georgia,serif}blockquote{margin-left:1rem;padding-left:1rem;border-left:2px solid #999}pre{overflow:auto}img{max-width:100%}td,th{padding:.2rem .6rem;text-align:start}'

export function toHtml(markdown: string, title: string): string {
  const name = title.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
  const body = draftMarked.parse(markdown, { async: false })
  return `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
<style>${STYLE}</style>
</head>
<body dir="auto">
<article>
${body}</article>
</body>
</html>
`
}
