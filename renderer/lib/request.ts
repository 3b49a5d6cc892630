/** A new id for a long call: 16 random hexadecimal digits. */
export function newRequest(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
