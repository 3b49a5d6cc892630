/** What goes between the app and the child that tries a model file. */

export interface ProbeRequest {
  file: string
  isEmbedder: boolean
  threads: number
}

/** The child's one message: null when the model ran, else why it did not. */
export interface ProbeReply {
  reason: string | null
}
