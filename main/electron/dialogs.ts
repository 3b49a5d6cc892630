/** The system's dialogs: choosing files, and the questions before quitting or closing the window. */
import type { FileDialogs } from '../app/types.ts'
import type { DialogLike, ShellLike } from './electron-like.ts'
import type { DesktopWords } from './words.ts'

/** @param words those of the moment a dialog opens */
export function fileDialogs(
  dialog: DialogLike,
  words: () => Promise<DesktopWords>,
  shell: Pick<ShellLike, 'showItemInFolder'>,
): FileDialogs {
  return {
    reveal: (path) => shell.showItemInFolder(path),
    async choose(kind) {
      const { chooseFolder, chooseModel, chooseVoice, ggufFiles } = await words()
      const { canceled, filePaths } = await dialog.showOpenDialog(
        kind === 'folder'
          ? { title: chooseFolder, properties: ['openDirectory', 'multiSelections'] }
          : {
              title: kind === 'gguf' ? chooseModel : chooseVoice,
              properties: ['openFile'],
              filters: [{ name: ggufFiles, extensions: ['gguf'] }],
            },
      )
      return canceled ? [] : filePaths
    },
  }
}

export type Leaving = 'quit' | 'stay' | 'background'

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
