/**
 * What is seen of a training while the window is elsewhere: a tray icon with its progress, and a notification at its
 * end. Knows states of training as the contract tells them, and nothing of models.
 */
import type * as Electron from 'electron'
import type { TrainingState } from '../../preload/contract.ts'
import type { App } from '../app/types.ts'
import type { ElectronLike, TrayLike, WindowLike } from './electron-like.ts'
import type { DesktopWords } from './words.ts'

/** Stages in which a run computes, or waits to. */
const RUNNING: readonly TrainingState['stage'][] = ['preparing', 'training', 'paused', 'proving']
/** Device-independent pixels; macOS draws its menu bar's icons at 16. */
const TRAY_SIZE = 16

export interface Background {
  /** Is there a tray icon from which a hidden window can be had back. */
  hasTray(): boolean
  /** Takes the tray icon away and hears nothing more. */
  end(): void
}

export interface BackgroundDeps {
  electron: Pick<ElectronLike, 'Tray' | 'Notification' | 'Menu' | 'nativeImage'>
  app: App
  window: WindowLike
  /** Absolute path of a square picture. */
  icon: string
  words: () => Promise<DesktopWords>
  show: () => void
  quit: () => void
}

export function isRunning(state: TrainingState | null): boolean {
  return state !== null && RUNNING.includes(state.stage)
}

export function followTraining(deps: BackgroundDeps): Background {
  const { electron, app, window, words } = deps
  let tray: TrayLike | null = null
  let state: TrainingState | null = null
  let told = ''

  const draw = async (): Promise<void> => {
    const spoken = await words()
    if (!isRunning(state) || state === null) return dropTray()
    const line = lineOf(state, spoken)
    const paused = state.stage === 'paused'
    if (tray !== null && told === line) return
    told = line
    tray ??= makeTray()
    if (tray === null) return
    tray.setToolTip(line)
    const template: Electron.MenuItemConstructorOptions[] = [
      { label: spoken.open, click: deps.show },
      { type: 'separator' },
      { label: line, enabled: false },
      ...(state.stage === 'training' || paused
        ? [{ label: paused ? spoken.continue : spoken.pause, click: () => void toggle(paused) }]
        : []),
      { type: 'separator' },
      { label: spoken.quit, click: deps.quit },
    ]
    tray.setContextMenu(electron.Menu.buildFromTemplate(template))
  }
  const toggle = (paused: boolean): Promise<unknown> =>
    app.handlers[paused ? 'train.continue' : 'train.pause']({}).catch(() => {})

  function makeTray(): TrayLike | null {
    try {
      const image = electron.nativeImage.createFromPath(deps.icon).resize({ width: TRAY_SIZE, height: TRAY_SIZE })
      const made = new electron.Tray(image)
      made.on('click', deps.show)
      return made
    } catch {
      // A desktop without a tray: the window cannot be hidden then, and says what happens itself.
      return null
    }
  }
  function dropTray(): void {
    tray?.destroy()
    tray = null
    told = ''
  }

  const tellEnd = async (ended: TrainingState): Promise<void> => {
    // Whoever looks at the window has seen it; one that was hidden for the run comes back.
    const hidden = !window.isDestroyed() && !window.isVisible()
    if (!hidden && !window.isDestroyed() && window.isFocused()) return
    const { ended: titles, said } = await words()
    const title = ended.stage in titles ? titles[ended.stage as keyof typeof titles] : null
    if (title !== null && electron.Notification.isSupported()) {
      const notification = new electron.Notification({ title, body: (ended.said && said(ended.said)) || ended.message })
      notification.on('click', deps.show)
      notification.show()
    }
    if (hidden) deps.show()
  }

  const off = app.events.on((name, event) => {
    if (name === 'train.state') {
      const before = state
      state = event as TrainingState
      if (isRunning(before) && !isRunning(state)) void tellEnd(state)
    } else if (name === 'train.step' && state !== null && 'step' in event) {
      state = { ...state, steps: [event], totalSteps: event.steps }
    } else return
    void draw()
  })
  return {
    hasTray: () => tray !== null,
    end() {
      off()
      dropTray()
    },
  }
}

function lineOf(state: TrainingState, words: DesktopWords): string {
  if (state.stage === 'proving') return words.proving
  const share = (state.steps.at(-1)?.step ?? 0) / Math.max(1, state.totalSteps)
  const percent = `${Math.floor(100 * share)} %`
  return state.stage === 'paused' ? words.paused(percent) : words.training(percent)
}
