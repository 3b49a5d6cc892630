/** A path made of a folder and a file's name, with the platform's slash (`win32`: backslash). */
export function joinPath(folder: string, name: string, platform: string): string {
  const slash = platform === 'win32' ? '\\' : '/'
  return folder.endsWith(slash) ? folder + name : folder + slash + name
}

/** A name as a file's name: letters and digits of any script, everything else as hyphens. */
export function fileNameFor(name: string): string {
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
  return plain || 'voice'
}
