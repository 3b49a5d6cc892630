/** The system's dialogs: choosing files, and the question before quitting. */
import type { FileDialogs } from '../app/types.ts'
import type { DialogLike } from './electron-like.ts'

/** Words in one place: the renderer's own are in renderer/words. */
const words = {
  folder: 'Choose the folder of your writing',
  gguf: 'Choose a model file',
  voice: 'Choose a voice file',
  ggufFiles: 'GGUF files',
  runGoesOn: 'A voice is being trained.',
  canBeResumed: 'If you quit now, training stops at its last checkpoint and can be resumed later.',
  quit: 'Quit',
  stay: 'Go on training',
}

export function fileDialogs(dialog: DialogLike): FileDialogs {
  return {
    async choose(kind) {
      const { canceled, filePaths } = await dialog.showOpenDialog(
        kind === 'folder'
          ? { title: words.folder, properties: ['openDirectory', 'multiSelections'] }
          : {
              title: words[kind],
              properties: ['openFile'],
              filters: [{ name: words.ggufFiles, extensions: ['gguf'] }],
            },
      )
      return canceled ? [] : filePaths
    },
  }
}

/** True: quit although a run goes on. */
export async function askToQuit(dialog: DialogLike): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: words.runGoesOn,
    detail: words.canBeResumed,
    buttons: [words.quit, words.stay],
    defaultId: 1,
    cancelId: 1,
  })
  return response === 0
}
