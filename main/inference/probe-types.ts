/** What goes between the app and the child that tries a model file. */

export interface ProbeRequest {
  file: string
  isEmbedder: boolean
  threads: number
  /** Tells its speed instead of only whether it runs. */
  measure?: boolean
}

/** How fast a model answers here. */
export interface ModelSpeed {
  /** Tokens of an answer a second. */
  tokensPerSecond: number
  /** Tokens of a prompt a second. */
  prefill: number
  /** Resident bytes of the process that held it. */
  memoryBytes: number
}

/** The child's one message: null when the model ran, else why it did not. */
export interface ProbeReply {
  reason: string | null
  speed?: ModelSpeed
}
