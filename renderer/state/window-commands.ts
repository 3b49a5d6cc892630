/** What can be done from anywhere: go to a space, change how the window looks, see what there is to do. */
import { words } from '../words/words.ts'
import { SPACES } from './app.svelte.ts'
import type { Command } from './commands.svelte.ts'
import type { Stores } from './stores.ts'

const THEMES = ['system', 'light', 'dark', 'contrast'] as const
const LANGUAGE_CHOICES = ['en', 'de'] as const
export const TEXT_SIZES = [1, 1.1, 1.25, 1.5, 1.75, 2] as const

export function windowCommands({ app, commands, preferences }: Stores): Command[] {
  const { go: goGroup, window: windowGroup } = words.palette.groups
  const ready = (): boolean => app.ready && !app.welcome
  const resize = (by: 1 | -1): void => {
    const sizes =
      by > 0
        ? TEXT_SIZES.filter((size) => size > app.settings.textSize)
        : TEXT_SIZES.filter((size) => size < app.settings.textSize)
    const size = by > 0 ? sizes[0] : sizes.at(-1)
    if (size) void app.set({ textSize: size })
  }
  const spaces = SPACES.map(
    (space, index): Command => ({
      id: `go.${space}`,
      title: words.spaces[space],
      group: goGroup,
      // With or without Shift: browsers keep Ctrl+1..8 for their tabs.
      keys: `$mod+[Shift]+Digit${index + 1}`,
      enabled: ready,
      run: () => app.go(space),
    }),
  )
  const inWindow = (command: Omit<Command, 'group'>): Command => ({ ...command, group: windowGroup })
  return [
    ...spaces,
    inWindow({
      id: 'app.palette',
      title: words.palette.open,
      keys: '$mod+k',
      enabled: ready,
      run: () => {
        commands.open = 'palette'
      },
    }),
    inWindow({
      id: 'app.shortcuts',
      title: words.palette.shortcuts,
      keys: '[Shift]+?',
      enabled: ready,
      run: () => {
        commands.open = 'shortcuts'
      },
    }),
    inWindow({
      id: 'app.changeShortcuts',
      title: words.palette.changeShortcuts,
      enabled: ready,
      run: () => {
        preferences.section = 'shortcuts'
        app.go('settings')
      },
    }),
    ...THEMES.map((theme) =>
      inWindow({
        id: `theme.${theme}`,
        title: words.palette.theme(words.settings[theme]),
        enabled: () => app.settings.theme !== theme,
        run: () => void app.set({ theme }),
      }),
    ),
    inWindow({
      id: 'text.larger',
      title: words.palette.textLarger,
      enabled: () => app.settings.textSize < 2,
      run: () => resize(1),
    }),
    inWindow({
      id: 'text.smaller',
      title: words.palette.textSmaller,
      enabled: () => app.settings.textSize > 1,
      run: () => resize(-1),
    }),
    ...LANGUAGE_CHOICES.map((choice) =>
      inWindow({
        id: `language.${choice}`,
        title: words.palette.language(words.settings.languages[choice]),
        enabled: () => app.language !== choice,
        run: () => void app.set({ language: choice }),
      }),
    ),
  ]
}
