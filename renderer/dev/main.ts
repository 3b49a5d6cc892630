/**
 * The window on invented data, for work on its looks without a host:
 * `npx vite -c renderer/dev/vite.config.ts`, then open /dev/index.html?scene=<scene>. It is no part of the build.
 * Scenes: first, full, empty, training, interrupted, many (thousands of pieces).
 */
import '../styles/fonts.css'
import '../styles/tokens.css'
import '../styles/base.css'
import '../styles/controls.css'
import { start } from '../start.ts'
import { createFakeBridge } from './fake-bridge.ts'

const scene = new URLSearchParams(location.search).get('scene') ?? 'full'
start(() => createFakeBridge(scene))
