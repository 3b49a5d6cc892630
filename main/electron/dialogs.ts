/** The system's dialogs: choosing files, and the questions before quitting or closing the window. */
import type { FileDialogs } from '../app/types.ts'
import { READABLE } from '../library/kinds.ts'
import type { DialogLike, ShellLike } from './electron-like.ts'
import type { DesktopWords } from './words.ts'

type Options = Parameters<DialogLike['showOpenDialog']>[0]

function optionsOf(kind: Parameters<FileDialogs['choose']>[0], words: DesktopWords): Options {
  if (kind === 'folder') return { title: words.chooseFolder, properties: ['openDirectory', 'multiSelections'] }
  if (kind === 'files') {
    const extensions = READABLE.split(' ').map((extension) => extension.slice(1))
    const filters = [{ name: words.writingFiles, extensions }]
    return { title: words.chooseFiles, properties: ['openFile', 'multiSelections'], filters }
  }
  return {
    title: kind === 'gguf' ? words.chooseModel : words.chooseVoice,
    properties: ['openFile'],
    filters: [{ name: words.ggufFiles, extensions: ['gguf'] }],
  }
}

/** @param words those of the moment a dialog opens */
export function fileDialogs(
  dialog: DialogLike,
  words: () => Promise<DesktopWords>,
  shell: Pick<ShellLike, 'showItemInFolder'>,
): FileDialogs {
  return {
    reveal: (path) => shell.showItemInFolder(path),
    async choose(kind) {
      const { canceled, filePaths } = await dialog.showOpenDialog(optionsOf(kind, await words()))
      return canceled ? [] : filePaths
    },
  }
}

export type Leaving = 'quit' | 'stay' | 'background'

/** Whether to quit although the window holds what could not be saved. */
export function askToLose(dialog: DialogLike, words: DesktopWords): Promise<boolean> {
  return dares(dialog, words.unsavedTitle, words.unsavedDetail, [words.stay, words.quit])
}

/** Whether to end a page that does not answer, and to load it anew. */
export function askToEndPage(dialog: DialogLike, words: DesktopWords): Promise<boolean> {
  return dares(dialog, words.hangsTitle, words.hangsDetail, [words.wait, words.loadAgain])
}

/** @param buttons what loses nothing, which Enter and Esc mean, and what may */
async function dares(
  dialog: DialogLike,
  message: string,
  detail: string,
  buttons: [safe: string, daring: string],
): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    message,
    detail,
    buttons,
    defaultId: 0,
    cancelId: 0,
  })
  return response === 1
}

/**
 * What to do although a run goes on.
 * @param background whether going on without the window is offered: when it is the window that was closed
 */
export async function askToLeave(dialog: DialogLike, words: DesktopWords, background: boolean): Promise<Leaving> {
  const answers: Leaving[] = background ? ['background', 'quit', 'stay'] : ['stay', 'quit']
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: words.quitTitle,
    detail: words.quitDetail,
    buttons: answers.map((answer) => words[answer]),
    defaultId: 0,
    cancelId: answers.indexOf('stay'),
  })
  return answers[response] ?? 'stay'
}
