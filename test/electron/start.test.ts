import { EventEmitter } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type * as Electron from 'electron'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { App, AppOptions, EventListener } from '../../main/app/types.ts'
import { recoverPage } from '../../main/electron/recovery.ts'
import { type ElectronDeps, startElectron } from '../../main/electron/start.ts'
import { IdiolectError } from '../../main/errors.ts'
import type { Said, TrainingState } from '../../preload/contract.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { type FakeElectron, type FakeWindow, fakeElectron, fakeEvent } from './fake-electron.ts'

const temporary = temporaryFolder()
let electron: FakeElectron
let deps: ElectronDeps
let listeners: Set<EventListener>
let options: AppOptions | null
let closed: number
let stage: TrainingState['stage'] | null
let asked: string[]
let language: 'system' | 'en' | 'de'
let spellCheck: boolean
/** What the app was asked for at its end, in order. */
let ends: string[]
let signals: EventEmitter

beforeEach(() => {
  const folder = mkdtempSync(path.join(temporary, 'run-'))
  const renderer = path.join(folder, 'renderer')
  mkdirSync(renderer)
  writeFileSync(path.join(renderer, 'index.html'), '<!doctype html>')
  electron = fakeElectron()
  listeners = new Set()
  options = null
  closed = 0
  stage = null
  asked = []
  language = 'system'
  spellCheck = false
  ends = []
  signals = new EventEmitter()
  const app = {
    handlers: {
      'train.state': async () => (stage === null ? null : { stage }),
      'train.pause': async () => void asked.push('pause'),
      'train.continue': async () => void asked.push('continue'),
      'app.settings': async () => ({ language, spellCheck }),
      'app.set': async (input: unknown) => input,
      'models.use': async () => {
        throw new IdiolectError('UnknownModel', 'There is no such model.', 'Use another.')
      },
    },
    events: {
      on(listener: EventListener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    rememberRuns: () => void ends.push('remember'),
    close: async () => {
      closed++
      ends.push('close')
    },
  } as unknown as App
  deps = {
    createApp: async (given) => {
      options = given
      return app
    },
    dataFolder: path.join(folder, 'data'),
    renderer,
    preload: '/built/preload/index.cjs',
    icon: '/built/icon.png',
    platform: 'linux',
    signals,
  }
})

async function started(): Promise<FakeWindow> {
  await startElectron(electron, deps)
  const window = electron.windows[0]
  if (!window) throw new Error('no window was opened')
  return window
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

describe('the window', () => {
  it('is sandboxed, isolated, has no Node, and loads our own page', async () => {
    const window = await started()
    expect(window.options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
      preload: '/built/preload/index.cjs',
    })
    expect(window.options.webPreferences).not.toHaveProperty('webSecurity')
    expect(window.options).toMatchObject({ minWidth: 900, minHeight: 600, show: false })
    expect(window.frame.url).toBe('app://idiolect/')
    expect(window.log).toEqual([])
    window.events.emit('ready-to-show')
    expect(window.log).toEqual(['show'])
    expect(options).toMatchObject({ dataFolder: deps.dataFolder, host: 'electron' })
  })

  it('checks spelling with the system’s own checker on macOS, and elsewhere only when asked to', async () => {
    deps = { ...deps, platform: 'darwin' }
    expect((await started()).options.webPreferences).toMatchObject({ spellcheck: true })
  })

  it('lets a dictionary be fetched where its owner turned that on', async () => {
    spellCheck = true
    expect((await started()).options.webPreferences).toMatchObject({ spellcheck: true })
  })

  it('registers its scheme and the sandbox before Electron is ready', async () => {
    await started()
    expect(electron.log.slice(0, 3)).toEqual(['schemes', 'sandbox', 'ready'])
    expect(electron.schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
    ])
  })

  it('comes back where it stood, unless that display is gone', async () => {
    const first = await started()
    first.bounds = { x: 200, y: 100, width: 1100, height: 720 }
    first.maximized = true
    first.events.emit('close', fakeEvent())
    await settled()
    expect(JSON.parse(readFileSync(path.join(deps.dataFolder, 'window.json'), 'utf8'))).toEqual({
      ...first.bounds,
      maximized: true,
    })

    electron = fakeElectron()
    const second = await started()
    expect(second.options).toMatchObject({ x: 200, y: 100, width: 1100, height: 720 })
    expect(second.log).toEqual(['maximize'])

    electron = fakeElectron()
    electron.answers.displays = [{ x: 5000, y: 0, width: 800, height: 600 }]
    const third = await started()
    expect(third.options).not.toHaveProperty('x')
    expect(third.options).toMatchObject({ width: 1100, height: 720 })
  })

  it('has the usual size where the remembered one is broken', async () => {
    mkdirSync(deps.dataFolder, { recursive: true })
    writeFileSync(path.join(deps.dataFolder, 'window.json'), '{"x":1')
    expect((await started()).options).toMatchObject({ width: 1280, height: 840 })
  })
})

describe('one instance a data folder', () => {
  it('quits at once where another has it, and opens nothing', async () => {
    electron.answers.lock = false
    await startElectron(electron, deps)
    expect(electron.log).toContain('quit')
    expect(electron.windows).toEqual([])
    expect(options).toBeNull()
    expect(electron.paths.userData).toBe(path.join(deps.dataFolder, 'window'))
    expect(existsSync(path.join(deps.dataFolder, 'window'))).toBe(true)
  })

  it('shows its window when started a second time', async () => {
    const window = await started()
    window.minimized = true
    electron.appEvents.emit('second-instance')
    expect(window.log).toEqual(['restore', 'focus'])
  })

  it('says why the app cannot be opened, and ends', async () => {
    deps.createApp = async () => {
      throw new IdiolectError('DataFolderBusy', 'Process 7 uses this folder.', 'Close it.')
    }
    await startElectron(electron, deps)
    expect(electron.errors).toEqual(['Process 7 uses this folder.\n\nClose it.'])
    expect(electron.exitCode).toBe(1)
    expect(electron.windows).toEqual([])
  })
})

describe('the app:// protocol', () => {
  const get = async (url: string, method = 'GET') => {
    const answer = await electron.serve?.({ url, method })
    if (!answer) throw new Error('the protocol is not served')
    return answer
  }

  it('serves the renderer with its policy, and nothing else', async () => {
    await started()
    const page = await get('app://idiolect/')
    expect(page.status).toBe(200)
    expect(await page.text()).toBe('<!doctype html>')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    mkdirSync(deps.dataFolder, { recursive: true })
    writeFileSync(path.join(deps.dataFolder, 'secret.txt'), 'secret')
    for (const url of [
      'app://idiolect/%2e%2e/data/secret.txt',
      'app://idiolect/..%2fdata%2fsecret.txt',
      'app://elsewhere/',
      'app://idiolect@elsewhere/',
      'app://idiolect/nothing.html',
    ]) {
      expect((await get(url)).status, url).toBe(404)
    }
    expect((await get('app://idiolect/', 'POST')).status).toBe(405)
  })
})

describe('what the window may not do', () => {
  it('gets no permission but to write the clipboard from our own page', async () => {
    await started()
    type Request = NonNullable<FakeElectron['permissionRequest']>
    const asked = (permission: Parameters<Request>[1], url: string) => {
      let granted: boolean | null = null
      const contents = { getURL: () => url } as Parameters<Request>[0]
      const details = {} as Parameters<Request>[3]
      electron.permissionRequest?.(
        contents,
        permission,
        (answer) => {
          granted = answer
        },
        details,
      )
      return granted
    }
    for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal'] as const) {
      expect(asked(permission, 'app://idiolect/')).toBe(false)
    }
    expect(asked('clipboard-sanitized-write', 'app://idiolect/')).toBe(true)
    expect(asked('clipboard-sanitized-write', 'https://evil.example/')).toBe(false)
    const details = { isMainFrame: true } as Parameters<NonNullable<FakeElectron['permissionCheck']>>[3]
    expect(electron.permissionCheck?.(null, 'media', 'app://idiolect/', details)).toBe(false)
    expect(electron.permissionCheck?.(null, 'usb', 'app://idiolect/', details)).toBe(false)
    expect(electron.deviceCheck?.({} as never)).toBe(false)
  })

  it('goes nowhere else; an https link opens in the browser', async () => {
    const window = await started()
    const own = fakeEvent('app://idiolect/#chat')
    window.contentsEvents.emit('will-navigate', own)
    expect(own.prevented).toBe(false)
    const away = [
      'https://example.org/a',
      'http://example.org/',
      'file:///etc/passwd',
      'https://u:p@example.org/',
      'app://x/',
    ]
    for (const url of away) {
      const event = fakeEvent(url)
      window.contentsEvents.emit('will-navigate', event)
      expect(event.prevented, url).toBe(true)
    }
    expect(electron.opened).toEqual(['https://example.org/a'])
    for (const name of ['will-redirect', 'will-frame-navigate', 'will-attach-webview']) {
      const event = fakeEvent('https://example.org/')
      window.contentsEvents.emit(name, event)
      expect(event.prevented, name).toBe(true)
    }
    const details = { url: 'https://example.org/b' } as Parameters<NonNullable<FakeWindow['openHandler']>>[0]
    expect(window.openHandler?.(details)).toEqual({ action: 'deny' })
    expect(window.openHandler?.({ ...details, url: 'javascript:alert(1)' })).toEqual({ action: 'deny' })
    expect(electron.opened).toEqual(['https://example.org/a', 'https://example.org/b'])
  })
})

describe('a page that breaks down', () => {
  const dies = (window: FakeWindow, reason = 'crashed') =>
    window.contentsEvents.emit('render-process-gone', {}, { reason, exitCode: 1 })

  it('is loaded again, and given up where it dies again and again', async () => {
    const window = await started()
    expect(window.loads).toBe(1)
    for (let death = 1; death <= 3; death++) {
      dies(window, death === 2 ? 'oom' : 'crashed')
      await settled()
      expect([window.loads, electron.errors]).toEqual([1 + death, []])
    }
    dies(window)
    await expect.poll(() => electron.errors.length).toBe(1)
    expect(electron.errors[0]).toContain('start it once more')
    expect(window.loads).toBe(4)
  })

  it('may die again after a while, and is left alone where it ended by itself or its window is gone', async () => {
    let now = 0
    let given = 0
    const window = await started()
    const loads = vi.fn(async () => {})
    const giveUp = () => {
      given += 1
    }
    window.contentsEvents.removeAllListeners()
    recoverPage({ window, load: loads, askToEnd: async () => false, giveUp, now: () => now })
    for (let death = 1; death <= 12; death++) {
      dies(window)
      now += 21_000
    }
    expect([loads.mock.calls.length, given]).toEqual([12, 0])
    dies(window, 'clean-exit')
    window.destroyed = true
    dies(window)
    expect(loads).toHaveBeenCalledTimes(12)
  })

  it('is ended and loaded again where it hangs, if its owner wants that', async () => {
    const window = await started()
    electron.answers.button = 0
    window.events.emit('unresponsive')
    window.events.emit('unresponsive')
    await settled()
    expect(electron.questions.map(({ message }) => message)).toEqual(['The window does not answer.'])
    expect([window.loads, window.log]).toEqual([1, []])
    electron.answers.button = 1
    window.events.emit('unresponsive')
    await settled()
    expect([window.loads, window.log]).toEqual([2, ['crash']])
  })
})

describe('calls and events', () => {
  const invoke = (frame: { url: string } | null, name: unknown, input: unknown) =>
    electron.invoke?.({ senderFrame: frame }, name, input)

  it('answers our page, with errors as data', async () => {
    const window = await started()
    expect(await invoke(window.frame, 'app.set', { scale: 2 })).toEqual({ ok: true, value: { scale: 2 } })
    expect(await invoke(window.frame, 'models.use', {})).toEqual({
      ok: false,
      error: { name: 'UnknownModel', message: 'There is no such model.', next: 'Use another.' },
    })
    expect(await invoke(window.frame, 'constructor', {})).toMatchObject({ ok: false, error: { name: 'UnknownCall' } })
    expect(await invoke(window.frame, 'app.set', 'text')).toMatchObject({ ok: false, error: { name: 'BadInput' } })
  })

  it('answers no other frame, and not our frame on another page', async () => {
    const window = await started()
    const refused = {
      ok: false,
      error: { name: 'WrongSender', message: 'This page may not call Idiolect.', next: null },
    }
    expect(await invoke(null, 'app.set', {})).toEqual(refused)
    expect(await invoke({ url: 'app://idiolect/' }, 'app.set', {})).toEqual(refused)
    window.frame.url = 'https://evil.example/'
    expect(await invoke(window.frame, 'app.set', {})).toEqual(refused)
  })

  it('sends events to the page while it is there', async () => {
    const window = await started()
    const chunk = { request: 'r', index: 0, text: 'a' }
    for (const listener of listeners) listener('stream', chunk)
    expect(window.sent).toEqual([['idiolect:event', 'stream', chunk]])
    window.destroyed = true
    for (const listener of listeners) listener('stream', chunk)
    expect(window.sent).toHaveLength(1)
  })

  it('gives the app the system dialogs', async () => {
    await started()
    expect(await options?.files?.choose('folder')).toEqual([])
    electron.answers.files = ['/a/model.gguf']
    expect(await options?.files?.choose('gguf')).toEqual(['/a/model.gguf'])
    expect(electron.openDialogs.map((dialog) => dialog.properties)).toEqual([
      ['openDirectory', 'multiSelections'],
      ['openFile'],
    ])
  })
})

describe('quitting', () => {
  it('closes the app first, then ends with 0', async () => {
    const window = await started()
    const event = fakeEvent()
    window.events.emit('close', event)
    expect(event.prevented).toBe(true)
    await settled()
    expect([closed, electron.exitCode, window.destroyed]).toEqual([1, 0, true])
    expect(electron.questions).toEqual([])
    expect(listeners.size).toBe(0)
  })

  it('lets the window save first, and stays where that failed and its owner wants to', async () => {
    const window = await started()
    electron.answers.saved = false
    electron.answers.button = 0
    electron.appEvents.emit('before-quit', fakeEvent())
    await settled()
    expect(window.sent).toEqual([['idiolect:event', 'app.leaving', { closing: true }]])
    expect(electron.questions.map(({ message }) => message)).toEqual(['Not everything is saved.'])
    expect([closed, electron.exitCode]).toEqual([0, null])
    electron.answers.button = 1
    electron.appEvents.emit('before-quit', fakeEvent())
    await settled()
    expect([closed, electron.exitCode]).toEqual([1, 0])
    expect(electron.log.at(-1)).toBe('flush storage')
  })

  it('does not wait for ever on a page that does not answer', async () => {
    vi.useFakeTimers()
    try {
      await started()
      electron.answers.saved = null
      electron.appEvents.emit('before-quit', fakeEvent())
      await vi.advanceTimersByTimeAsync(2000)
      expect([closed, electron.exitCode]).toEqual([0, null])
      await vi.advanceTimersByTimeAsync(4000)
      expect([closed, electron.exitCode]).toEqual([1, 0])
    } finally {
      vi.useRealTimers()
    }
  })

  it('asks while a voice is trained, and stays when told so', async () => {
    const window = await started()
    stage = 'training'
    electron.answers.button = 0
    electron.appEvents.emit('before-quit', fakeEvent())
    await settled()
    expect(electron.questions).toHaveLength(1)
    expect([closed, electron.exitCode, window.destroyed]).toEqual([0, null, false])
    electron.answers.button = 1
    electron.appEvents.emit('before-quit', fakeEvent())
    // A second wish while the first is carried out changes nothing.
    electron.appEvents.emit('before-quit', fakeEvent())
    await settled()
    expect(electron.questions).toHaveLength(2)
    expect([closed, electron.exitCode]).toEqual([1, 0])
  })

  it.each<[string, (window: FakeWindow) => void]>([
    ['a plain kill', () => signals.emit('SIGTERM', 'SIGTERM', 15)],
    ['Windows, which asks first', (window) => window.events.emit('query-session-end', { reasons: ['logoff'] })],
    ['Windows, which does not ask', (window) => window.events.emit('session-end', { reasons: ['critical'] })],
    ['a shutdown', () => electron.powerEvents.emit('shutdown', fakeEvent())],
    ['a shutdown that nobody can delay', () => electron.powerEvents.emit('shutdown')],
  ])('asks nobody where the system ends it: %s', async (_, end) => {
    const window = await started()
    stage = 'training'
    electron.answers.saved = false
    electron.answers.button = 0
    end(window)
    // At once: a moment later this process may be gone.
    expect(ends).toEqual(['remember'])
    end(window)
    await settled()
    expect(electron.questions).toEqual([])
    expect(window.sent).toEqual([['idiolect:event', 'app.leaving', { closing: true }]])
    expect([ends, electron.exitCode]).toEqual([['remember', 'close'], 0])
  })

  it('lets a shutdown wait until all is closed', async () => {
    await started()
    const event = fakeEvent()
    electron.powerEvents.emit('shutdown', event)
    expect(event.prevented).toBe(true)
    const quit = fakeEvent()
    electron.appEvents.emit('before-quit', quit)
    expect(quit.prevented).toBe(true)
    await settled()
    expect(ends).toEqual(['remember', 'close'])
  })

  it('does not wait for an answer that is still open when the system ends it', async () => {
    await started()
    stage = 'training'
    let answer: (button: number) => void = () => {}
    electron.dialog.showMessageBox = async (options) => {
      electron.questions.push(options)
      const response = await new Promise<number>((resolve) => {
        answer = resolve
      })
      return { response, checkboxChecked: false }
    }
    electron.appEvents.emit('before-quit', fakeEvent())
    await settled()
    expect([electron.questions.length, closed]).toEqual([1, 0])
    signals.emit('SIGTERM')
    await settled()
    expect([closed, electron.exitCode]).toEqual([1, 0])
    answer(1)
    await settled()
    expect([closed, electron.questions.length]).toEqual([1, 1])
  })

  it('does not ask when training is paused or done', async () => {
    await started()
    stage = 'paused'
    electron.appEvents.emit('before-quit', fakeEvent())
    await settled()
    expect(electron.questions).toEqual([])
    expect(electron.exitCode).toBe(0)
  })
})

describe('a training that goes on', () => {
  const tell = (name: 'train.state' | 'train.step', event: object) => {
    for (const listener of listeners) listener(name, event as never)
  }
  const begin = async () => {
    stage = 'training'
    tell('train.state', { run: 'r', stage: 'training', steps: [], totalSteps: 40, message: '' })
    await settled()
  }
  const end = async (how: 'done' | 'failed' | 'cancelled') => {
    stage = how
    tell('train.state', { run: 'r', stage: how, steps: [], totalSteps: 40, message: 'It sounds like you.' })
    await settled()
  }

  it('shows its progress in a tray while it lasts, and can be paused there', async () => {
    await started()
    expect(electron.trays).toEqual([])
    await begin()
    tell('train.step', { run: 'r', step: 10, steps: 40 })
    await settled()
    const [tray] = electron.trays
    expect(tray?.tip).toBe('Training a voice: 25 %')
    expect(tray?.menu.map(({ label, type }) => label ?? type)).toEqual([
      'Open Idiolect',
      'separator',
      'Training a voice: 25 %',
      'Pause training',
      'separator',
      'Quit',
    ])
    click(tray?.menu[3])
    expect(asked).toEqual(['pause'])
    tell('train.state', { run: 'r', stage: 'paused', steps: [{ step: 10 }], totalSteps: 40, message: '' })
    await settled()
    click(electron.trays[0]?.menu[3])
    expect(asked).toEqual(['pause', 'continue'])
    await end('done')
    expect(electron.trays).toEqual([])
  })

  it('outlives its window: closed into the tray, shown again from there', async () => {
    deps = { ...deps, platform: 'darwin' }
    const window = await started()
    await begin()
    electron.answers.button = 0
    window.events.emit('close', fakeEvent())
    await settled()
    expect(electron.questions[0]?.buttons).toEqual(['Go on in the background', 'Quit', 'Stay'])
    expect([window.visible, window.destroyed, closed]).toEqual([false, false, 0])
    click(electron.trays[0]?.menu[0])
    expect(window.visible).toBe(true)
    window.events.emit('close', fakeEvent())
    await settled()
    await end('done')
    // Its end brings the window back.
    expect(window.visible).toBe(true)
    expect(electron.notifications).toMatchObject([{ title: 'The voice is ready', body: 'It sounds like you.' }])
  })

  it('is minimised and not hidden on Linux, where a tray icon may be shown to nobody', async () => {
    const window = await started()
    await begin()
    electron.answers.button = 0
    window.events.emit('close', fakeEvent())
    await settled()
    expect([window.visible, window.minimized, window.destroyed, closed]).toEqual([true, true, false, 0])
    await end('done')
    expect(electron.notifications).toMatchObject([{ title: 'The voice is ready' }])
    electron.notifications[0]?.click()
    expect(window.log).toEqual(['minimize', 'restore', 'focus'])
  })

  it('is not hidden where there is no tray to come back from', async () => {
    electron.answers.tray = false
    const window = await started()
    await begin()
    electron.answers.button = 0
    window.events.emit('close', fakeEvent())
    await settled()
    expect(electron.questions[0]?.buttons).toEqual(['Stay', 'Quit'])
    expect([window.visible, closed]).toEqual([true, 0])
  })

  it('tells its end to those who look elsewhere, and not what they did themselves', async () => {
    const window = await started()
    await begin()
    await end('done')
    expect(electron.notifications).toEqual([])
    window.focused = false
    await begin()
    await end('cancelled')
    expect(electron.notifications).toEqual([])
    await begin()
    await end('failed')
    expect(electron.notifications.map(({ title }) => title)).toEqual(['The training failed'])
    window.minimized = true
    electron.notifications[0]?.click()
    expect(window.log).toEqual(['restore', 'focus'])
  })

  it('tells its end in the window’s language', async () => {
    const window = await started()
    language = 'de'
    window.focused = false
    await begin()
    const said: Said = { code: 'training.interrupted', values: [] }
    for (const listener of listeners)
      listener('train.state', { stage: 'interrupted', message: 'It was interrupted.', said } as TrainingState)
    await settled()
    // The German words are fetched when they are first wanted.
    await expect.poll(() => electron.notifications.length, { timeout: 20_000 }).toBe(1)
    expect(electron.notifications).toMatchObject([
      { title: 'Das Training wurde unterbrochen', body: 'Das Training wurde unterbrochen und kann weitergehen.' },
    ])
  })

  it('speaks the language that was chosen, or the system’s', async () => {
    electron.answers.languages = ['de-AT', 'en']
    await started()
    expect(electron.menu.map(({ label }) => label)).toContain('Ansicht')
    language = 'en'
    await begin()
    expect(electron.trays[0]?.tip).toBe('Training a voice: 0 %')
  })
})

function click(item: Electron.MenuItemConstructorOptions | undefined): void {
  if (!item?.click) throw new Error('there is no such item')
  ;(item.click as () => void)()
}
