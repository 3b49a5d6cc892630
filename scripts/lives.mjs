/** Is there a process of this number. Node's own modules only. */

/** @param {number} pid */
export function lives(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
