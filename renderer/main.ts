/**
 * The window's entry: finds the bridge to the host and shows the app on it.
 *
 * The renderer shows what the contract tells and asks for what the user wants. It does NOT know models, files,
 * databases or which host serves it, and it keeps nothing but what is on the screen, where it was left, and words of a draft
 * that the host could not be given yet.
 */
import './styles/fonts.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import { findBridge } from './lib/bridge.ts'
import { start } from './start.ts'

start(findBridge)
