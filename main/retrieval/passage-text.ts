/** What is embedded and indexed of a text: its piece's title says what a passage from the middle is about. */
export function passageText({ title, text }: { title: string; text: string }): string {
  return `${title}\n${text}`
}
