import path from 'node:path'

/** Where a data folder keeps what its devices' products were measured at; see `weight-forms.ts`. */
export function deviceSpeeds({ folder }: { folder: string }): string {
  return path.join(folder, 'device-speeds.json')
}
